// SPDX-License-Identifier: Apache-2.0
// Pixels that the program has decoded itself, read by rows as those of a file are.
#pragma once

#include <cstdint>
#include <memory>

#include "image/decode.h"
#include "image/image.h"
#include "image/row_reader.h"

namespace kite {

// 8 bits a channel, rows top to bottom. Borrowed.
struct DecodedPixels {
  const std::uint8_t* data = nullptr;
  Size size;
  int channels = 3;             // 1 grey, 3 R G B
  std::int64_t row_stride = 0;  // bytes from one row to the next; 0: rows without gaps
  int exif_orientation = 0;     // 1..8; 0: none
};

// The rows that a file of these pixels would have. kInvalidImage for sizes, strides, channels or an orientation that no
// picture has, kLimit for more pixels than one may have. `pixels.data` must outlive the reader.
[[nodiscard]] Result<std::unique_ptr<RowReader>> open_pixels(const DecodedPixels& pixels, ExifPolicy exif,
                                                             const Limits& limits = {});

}  // namespace kite
