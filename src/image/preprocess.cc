// SPDX-License-Identifier: Apache-2.0
// The two steps between a decoded picture and a tensor, each of which can be timed by itself.
#include "image/preprocess.h"

#include <string>

#include "image/geometry.h"
#include "image/resize.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Result<Size> resized_size(Size picture, const ResizeRule& rule) {
  switch (rule.mode) {
    case ResizeMode::kNone: return picture;
    case ResizeMode::kShortSide: return resize_short_side(picture, rule.height);
    case ResizeMode::kExact: return Size{rule.width, rule.height};
  }
  return picture;
}

}  // namespace

Result<Image> resize_and_crop(const Image& image, const PreprocessRecipe& recipe) {
  KITE_TRY_ASSIGN(const Size resized, resized_size(image.size(), recipe.resize));
  const Size wanted = recipe.crop.width > 0 ? recipe.crop : resized;
  const CropPlan plan = plan_center_crop(resized, wanted, recipe.crop_rule);
  KITE_TRY_ASSIGN(Image out, Image::make(wanted));
  if (plan.source.width != wanted.width || plan.source.height != wanted.height) out.fill(0);
  KITE_TRY(
      resize_crop_into(image, resized, plan.source, recipe.filter, out.row(plan.top) + 3 * plan.left, out.row_bytes()));
  return out;
}

Result<Tensor> preprocess(const Image& image, const PreprocessRecipe& recipe) {
  KITE_TRY_ASSIGN(const Image cropped, resize_and_crop(image, recipe));
  return to_tensor(cropped, make_tables(recipe.normalization), recipe.channel_order, recipe.layout);
}

}  // namespace kite
