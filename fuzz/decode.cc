// SPDX-License-Identifier: Apache-2.0
// Any bytes as a picture: decode, then resize and crop what came out. The last byte chooses the recipe.
#include "image/decode.h"

#include "driver.h"
#include "image/preprocess.h"

namespace kite::fuzz {

void decode(Bytes bytes) {
  Limits limits;
  limits[Limit::kPixels] = 1 << 20;  // so that a run is short, not because more is unsafe
  limits[Limit::kScanPixels] = 1 << 24;
  const unsigned choice = bytes.empty() ? 0 : static_cast<unsigned>(bytes.back());
  const auto exif = choice % 2 == 0 ? ExifPolicy::kIgnore : ExifPolicy::kApply;
  const auto image = kite::decode(bytes, limits, exif);
  if (!image.ok()) {
    using enum ErrorCode;
    check_error(image.error(), {kInvalidImage, kUnsupportedImage, kLimit});
    return;
  }
  PreprocessRecipe recipe;
  recipe.filter = static_cast<Filter>(choice / 2 % 6);
  recipe.resize = choice / 12 % 3 == 0 ? ResizeRule{ResizeMode::kExact, 1 + choice % 40, 1 + choice % 23}
                                       : ResizeRule{ResizeMode::kShortSide, 1 + choice, 0};
  recipe.crop = {1 + choice % 50, 1 + choice % 60};
  recipe.crop_rule = choice % 5 == 0 ? CropRule::kFloor : CropRule::kHalfEven;
  const auto tensor = preprocess(*image, recipe);
  KITE_CHECK(!tensor.ok() || tensor->shape().elements() == 3 * recipe.crop.width * recipe.crop.height);
}

}  // namespace kite::fuzz
