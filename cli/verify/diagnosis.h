// SPDX-License-Identifier: Apache-2.0
// What to change so that two sides agree, in words and as keys of a recipe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verify/recording.h"
#include "image/image.h"
#include "image/recipe.h"
#include "image/stages.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// One cause: what was found, and what to do; each is one sentence without a full stop.
struct Finding {
  std::string what;
  std::string remedy;
  std::string keys{};  // for the recipe, a JSON object without its braces: "antialias": false; empty: no key does it
};

struct Diagnosis {
  std::vector<Finding> findings;  // in the order of the stages
};

// What a recording has of a picture; an Image of 0x0 where it has nothing.
struct RecordedStages {
  Image decoded, oriented, resized, cropped;
  std::optional<Tensor> tensor;
};
[[nodiscard]] Result<RecordedStages> recorded_stages(const Recording& recording);

// Why the picture stages of a recording differ from ours. Each stage is explained from the stage before it on their
// side, so that a difference which is only passed on is no finding:
// 1. The rules of alternatives.h are tried on that picture until one gives the recorded bytes, or of a tensor numbers
//    that differ from it by no more than the order of three operations explains. It is named, with its keys.
// 2. Where a stage is not recorded, the rules of both are searched together.
// 3. Where no rule gives the recorded bytes, the nearest one is named with its distance.
[[nodiscard]] Result<Diagnosis> diagnose(const PreprocessRecipe& recipe, const PictureStages& ours,
                                         const Recording& theirs);
// The same; `program` made the stages.
[[nodiscard]] Result<Diagnosis> diagnose(const PreprocessRecipe& recipe, const PictureStages& ours,
                                         RecordedStages theirs, std::string program);

}  // namespace kite::cli
