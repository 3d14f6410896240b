// SPDX-License-Identifier: Apache-2.0
// Sizes for the dimensions that a model leaves open. They decide the answer, so none is bound without a word.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/meaning.h"
#include "passes/pass.h"
#include "plan/source/source.h"

namespace kite {

struct ChosenShapes {
  InputShapes shapes;  // of the inputs that leave something open; empty where only the batch is, and it is 1
  std::vector<Decision> decisions;
};

// In this order: the caller's statement, the recipe (wherever it stands), the usual size. The batch is 1, the channels
// are 3, and a symbol has one size wherever it stands. kUnsupportedModel for an open dimension beyond the first that is
// none of a picture's; kUsage where the caller's size or batch contradicts what the model states.
[[nodiscard]] Result<ChosenShapes> choose_shapes(const StatedModel& model, const std::string& path,
                                                 const MeaningOptions& meaning);

// The plan was made for shapes that the caller gave. Those of the other inputs must follow from them, and the size and
// the batch must not say otherwise; the errors are the same. `given` names only inputs of the plan.
[[nodiscard]] Result<std::vector<Decision>> check_given(const Plan& plan, const InputShapes& given,
                                                        const std::string& path, const MeaningOptions& meaning);

// The same statements against a plan file, whose shapes are fixed.
[[nodiscard]] Status check_shapes(const Plan& plan, const std::string& path, const MeaningOptions& meaning);

}  // namespace kite
