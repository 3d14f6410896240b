// SPDX-License-Identifier: Apache-2.0
// Pictures are compared byte by byte, the input tensor to a few units in the last place.
#include <algorithm>
#include <array>
#include <utility>

#include "cli/verify/comparison.h"
#include "image/cropping.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

// Our side of a stage in the form of theirs: one channel where both are grey.
Result<std::optional<Tensor>> our_stage(const PreprocessRecipe& recipe, const PictureStages& stages, PictureStage stage,
                                        const Tensor& theirs) {
  const bool grey = stage != PictureStage::kNormalise && recipe.form.pixels == PixelMode::kGrey &&
                    theirs.shape()[theirs.shape().rank() - 1] == 1;
  if (!grey || stage != PictureStage::kDecode) return stage_of(stages, stage, grey);
  KITE_TRY_ASSIGN(Image decoded, Image::make(stages.decoded.size()));
  std::ranges::copy(stages.decoded.pixels(), decoded.row(0));
  make_grey(decoded.row(0), decoded.width() * decoded.height());
  return std::optional(tensor_of(decoded, true));
}

// nullopt where the form has no axis of channels.
std::optional<int> channel_axis(const PreprocessRecipe& recipe, PictureStage stage) {
  if (stage != PictureStage::kNormalise) return 2;
  const std::size_t axis = recipe.form.axes.find('C');
  return axis == std::string::npos ? std::nullopt : std::optional(static_cast<int>(axis));
}

void judge(StageRow& row, std::optional<int> axis) {
  const bool is_picture = row.stage != PictureStage::kNormalise;
  if (row.ours.shape() != row.theirs.shape() || (is_picture && row.ours.dtype() != row.theirs.dtype())) {
    row.agreement = Agreement::kOtherType;
    return;
  }
  row.difference = compare(row.ours.view(), row.theirs.view());
  if (row.difference.differing == 0) return;
  const bool within = !is_picture && row.difference.relative() <= kTensorBound;
  row.agreement = within ? Agreement::kWithinBound : Agreement::kBeyond;
  if (within || !axis) return;
  row.channels = fit_channels(row.ours.view(), row.theirs.view(), *axis);
}

}  // namespace

Result<std::vector<StageRow>> compare_stages(const PreprocessRecipe& recipe, const PictureStages& ours,
                                             const Reference& theirs) {
  std::vector<StageRow> rows;
  for (const PictureStage stage : {PictureStage::kDecode, PictureStage::kOrientation, PictureStage::kResize,
                                   PictureStage::kCrop, PictureStage::kNormalise}) {
    KITE_TRY_ASSIGN(std::optional<Tensor> their_stage, theirs.stage(stage));
    if (!their_stage) continue;
    KITE_TRY_ASSIGN(std::optional<Tensor> our, our_stage(recipe, ours, stage, *their_stage));
    if (!our) continue;
    StageRow row;
    row.stage = stage;
    row.ours = std::move(*our);
    row.theirs = std::move(*their_stage);
    if (stage == PictureStage::kNormalise) row.theirs = with_shape(std::move(row.theirs), row.ours.shape());
    judge(row, channel_axis(recipe, stage));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace kite::cli
