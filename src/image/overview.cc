// SPDX-License-Identifier: Apache-2.0
// Pillow's resampler with its bilinear filter: what people expect of a thumbnail.
#include "image/overview.h"

#include <algorithm>

#include "paperkite/try.h"

namespace kite {

namespace {

Size fitted(Size picture, std::int64_t longest) {
  const std::int64_t side = std::max(picture.width, picture.height);
  if (side <= longest) return picture;
  const auto scaled = [&](std::int64_t length) { return std::max<std::int64_t>(1, length * longest / side); };
  return {scaled(picture.width), scaled(picture.height)};
}

}  // namespace

Result<Overview> Overview::make(Size picture, std::int64_t longest) {
  const Size size = fitted(picture, longest);
  RgbPicture made{size.width, size.height, {}};
  made.rgb.resize(static_cast<std::size_t>(size.width * size.height * 3));
  KITE_TRY_ASSIGN(RowResizer resizer, RowResizer::make(picture, size, {0, 0, size.width, size.height},
                                                       Filter::kBilinear, made.rgb.data(), size.width * 3));
  return Overview(std::move(made), std::move(resizer));
}

Result<RgbPicture> smaller_picture(const RgbPicture& picture, std::int64_t longest) {
  KITE_TRY_ASSIGN(Overview small, Overview::make({picture.width, picture.height}, longest));
  for (std::int64_t y = 0; y < picture.height; ++y) small.push(y, picture.rgb.data() + y * picture.width * 3);
  return std::move(small).release();
}

}  // namespace kite
