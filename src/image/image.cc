// SPDX-License-Identifier: Apache-2.0
// Allocation of pictures and the eight EXIF orientations.
#include "image/image.h"

#include <cstring>
#include <new>

#include "paperkite/try.h"

namespace kite {

Result<Image> Image::make(Size size) {
  if (size.width < 1 || size.height < 1 || size.width > kMaxSide || size.height > kMaxSide) {
    return Error{ErrorCode::kLimit,
                 "a picture of " + std::to_string(size.width) + "x" + std::to_string(size.height) +
                     " pixels is outside 1.." + std::to_string(kMaxSide) + " a side",
                 "", ""};
  }
  Image image;
  const std::int64_t bytes = size.width * size.height * 3;  // < 2^50
  image.pixels_.reset(new (std::nothrow) std::uint8_t[static_cast<std::size_t>(bytes)]);
  if (image.pixels_ == nullptr) {
    return Error{ErrorCode::kLimit, "no memory for a picture of " + std::to_string(bytes) + " bytes", "",
                 "use a smaller picture"};
  }
  image.size_ = size;
  return image;
}

void Image::fill(std::uint8_t value) noexcept {
  if (pixels_ != nullptr) std::memset(pixels_.get(), value, pixels().size());
}

Result<Image> upright(const Image& image, int exif_orientation) {
  const bool swaps_sides = exif_orientation >= 5 && exif_orientation <= 8;
  const std::int64_t width = image.width();
  const std::int64_t height = image.height();
  KITE_TRY_ASSIGN(Image out, Image::make(swaps_sides ? Size{height, width} : image.size()));
  for (std::int64_t y = 0; y < out.height(); ++y) {
    std::uint8_t* to = out.row(y);
    for (std::int64_t x = 0; x < out.width(); ++x) {
      std::int64_t from_x = x;
      std::int64_t from_y = y;
      switch (exif_orientation) {  // EXIF 2.32, tag 0x0112: where row 0 and column 0 of the stored picture belong
        case 2: from_x = width - 1 - x; break;
        case 3:
          from_x = width - 1 - x;
          from_y = height - 1 - y;
          break;
        case 4: from_y = height - 1 - y; break;
        case 5:
          from_x = y;
          from_y = x;
          break;
        case 6:
          from_x = y;
          from_y = height - 1 - x;
          break;
        case 7:
          from_x = width - 1 - y;
          from_y = height - 1 - x;
          break;
        case 8:
          from_x = width - 1 - y;
          from_y = x;
          break;
        default: break;
      }
      std::memcpy(to + 3 * x, image.row(from_y) + 3 * from_x, 3);
    }
  }
  out.facts() = image.facts();
  return out;
}

}  // namespace kite
