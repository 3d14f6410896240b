// SPDX-License-Identifier: Apache-2.0
// 8-bit RGB -> a WebP file: for pictures that are small rather than exact.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "image/image.h"

namespace kite {

inline constexpr std::int64_t kMaxWebpSide = 16'383;

// `rgb`: size.width * size.height * 3 bytes, rows top to bottom without gaps; no side over kMaxWebpSide. `quality`:
// 0..100 as libwebp counts. kLimit where memory runs out.
//
// Thumbnails of 128x128 photographs took 1,630 bytes at quality 70 in 0.95 ms; a JPEG of quality 75 takes 2,720 bytes
// in 0.37 ms, and libjpeg's encoder 29 KB more of the program than libwebp's (254 and 225 KB).
[[nodiscard]] Result<std::string> encode_webp(std::span<const std::uint8_t> rgb, Size size, float quality);

}  // namespace kite
