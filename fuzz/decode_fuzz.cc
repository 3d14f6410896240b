// SPDX-License-Identifier: Apache-2.0
// Any bytes as a picture: decode, then resize and crop what came out. The last byte chooses the recipe.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "image/decode.h"
#include "image/preprocess.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kite::DecodeLimits limits;
  limits.max_pixels = 1 << 20;  // so that a run is short, not because more is unsafe
  limits.max_scan_pixels = 1 << 24;
  const unsigned choice = size > 0 ? data[size - 1] : 0;
  const auto exif = choice % 2 == 0 ? kite::ExifPolicy::kIgnore : kite::ExifPolicy::kApply;
  const auto image = kite::decode(std::as_bytes(std::span(data, size)), limits, exif);
  if (!image.ok()) {
    using enum kite::ErrorCode;
    const kite::ErrorCode code = image.error().code;
    if (code != kInvalidImage && code != kUnsupportedImage && code != kLimit) std::abort();
    return 0;
  }
  kite::PreprocessRecipe recipe;
  recipe.filter = static_cast<kite::Filter>(choice / 2 % 6);
  recipe.resize = choice / 12 % 3 == 0 ? kite::ResizeRule{kite::ResizeMode::kExact, 1 + choice % 40, 1 + choice % 23}
                                       : kite::ResizeRule{kite::ResizeMode::kShortSide, 1 + choice, 0};
  recipe.crop = {1 + choice % 50, 1 + choice % 60};
  recipe.crop_rule = choice % 5 == 0 ? kite::CropRule::kFloor : kite::CropRule::kHalfEven;
  const auto tensor = kite::preprocess(*image, recipe);
  if (tensor.ok() && tensor->shape().elements() != 3 * recipe.crop.width * recipe.crop.height) std::abort();
  return 0;
}
