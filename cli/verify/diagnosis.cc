// SPDX-License-Identifier: Apache-2.0
// Looks at the first stage whose picture has another size.
#include "cli/verify/diagnosis.h"

#include <fmt/format.h>

#include "cli/verify/reference.h"

namespace kite::cli {

Result<Diagnosis> diagnose(const PreprocessRecipe&, const PictureStages& ours, const Recording& theirs) {
  Diagnosis diagnosis;
  for (const PictureStage stage :
       {PictureStage::kDecode, PictureStage::kOrientation, PictureStage::kResize, PictureStage::kCrop}) {
    const TensorType* const their = theirs.find(stage_name(stage));
    const auto our = stage_of(ours, stage);
    if (their == nullptr || !our || their->shape.rank() < 2) continue;
    if (their->shape[0] == our->shape()[0] && their->shape[1] == our->shape()[1]) continue;
    diagnosis.findings.push_back(
        {fmt::format("after the stage {} their picture is {}x{}, ours {}x{}", stage_name(stage), their->shape[1],
                     their->shape[0], our->shape()[1], our->shape()[0]),
         "compare the recipe (kite inspect prints it) with the sizes in the other program"});
    break;
  }
  return diagnosis;
}

}  // namespace kite::cli
