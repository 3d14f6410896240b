// SPDX-License-Identifier: Apache-2.0
// From the public options to a plan: what `ModelOptions` means to the stages below.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/model.h"
#include "plan/source/optimise.h"
#include "plan/source/source.h"

namespace kite {

struct OpenedPlan {
  LoadedPlan loaded;
  std::vector<Decision> decisions;  // on shapes
};

// `lender`: see PlanRequest. With `leaves_open`, no sizes are chosen for a model with other open dimensions than the
// batch, whose shapes the options do not state: it is set to true then, and the result is an Error that says nothing.
[[nodiscard]] Result<OpenedPlan> open_plan(const ModelFile& model, const ModelOptions& options,
                                           std::shared_ptr<const Plan> lender = nullptr, bool* leaves_open = nullptr);

// The model as its file states it.
[[nodiscard]] Result<ImportedModel> import_stated(const ModelFile& model, const ModelOptions& options);

// The shapes for a model whose plan is not known: those that the options state, or those that are chosen.
[[nodiscard]] Result<InputShapes> shapes_for(const StatedModel& stated, const std::string& path,
                                             const ModelOptions& options);

// Import, bind, infer, passes, for those who want to look: `kite inspect --passes`.
[[nodiscard]] Result<OptimisedModel> optimise_model(const std::string& named, const ModelOptions& options);

}  // namespace kite
