// SPDX-License-Identifier: Apache-2.0
// Decodes, resizes and crops into whole pictures.
#include "image/stages.h"

#include <utility>

#include "image/cropping.h"
#include "image/decode.h"
#include "image/normalize.h"
#include "image/preprocess.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// The whole resized picture, of which a crop is a window.
Result<Image> resize_whole(const Image& picture, const PreprocessRecipe& recipe) {
  PreprocessRecipe without_crop = recipe;
  without_crop.crop = {};
  return resize_and_crop(picture, without_crop);
}

}  // namespace

Result<PictureStages> picture_stages(std::span<const std::byte> file, const PreprocessRecipe& recipe,
                                     const Limits& limits) {
  if (recipe.form != TensorForm{}) KITE_TRY(validate_normalization(recipe.normalization, recipe.form));
  PictureStages stages;
  KITE_TRY_ASSIGN(stages.decoded, decode(file, limits, ExifPolicy::kIgnore));
  KITE_TRY_ASSIGN(stages.oriented, decode(file, limits, recipe.exif));
  KITE_TRY_ASSIGN(const Cropping cropping, cropping_of(stages.oriented.size(), recipe));
  KITE_TRY(check_alpha(stages.oriented.facts(), cropping, recipe));
  if (recipe.form.pixels == PixelMode::kGrey) {
    make_grey(stages.oriented.row(0), stages.oriented.width() * stages.oriented.height());
  }
  if (cropping.resized.width * cropping.resized.height <= limits[Limit::kPixels]) {
    KITE_TRY_ASSIGN(stages.resized, resize_whole(stages.oriented, recipe));
  }
  KITE_TRY_ASSIGN(stages.cropped, resize_and_crop(stages.oriented, recipe));
  stages.tensor = normalised(stages.cropped, recipe);
  return stages;
}

}  // namespace kite
