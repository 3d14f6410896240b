// SPDX-License-Identifier: Apache-2.0
// What to change so that two sides agree, in words.
#pragma once

#include <string>
#include <vector>

#include "cli/verify/recording.h"
#include "image/recipe.h"
#include "image/stages.h"
#include "paperkite/error.h"

namespace kite::cli {

// One cause: what was found, and what to do; each is one sentence without a full stop.
struct Finding {
  std::string what;
  std::string remedy;
};

struct Diagnosis {
  std::vector<Finding> findings;  // the most certain first
};

// Why the picture stages of a recording differ from ours. Only the first stage that differs is explained, since all
// later ones follow from it.
[[nodiscard]] Result<Diagnosis> diagnose(const PreprocessRecipe& recipe, const PictureStages& ours,
                                         const Recording& theirs);

}  // namespace kite::cli
