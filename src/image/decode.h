// SPDX-License-Identifier: Apache-2.0
// File bytes -> 8-bit RGB, with the bytes Pillow's Image.open(f).convert("RGB") gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image/image.h"

namespace kite {

enum class ExifPolicy : std::uint8_t { kIgnore, kApply };  // Pillow's convert() ignores the orientation, except of TIFF

// All limits are tested against the file's header before memory for the picture is allocated.
struct DecodeLimits {
  // The limit of Pillow's decompression-bomb error: twice its warning threshold of 2^30 / 4 / 3.
  std::int64_t max_pixels = 178'956'970;
  // What a codec may hold beside the finished picture: the coefficients of a progressive JPEG (2 bytes a sample),
  // the raw pixels of an interlaced PNG.
  std::int64_t max_codec_bytes = std::int64_t{1} << 30;
  // A progressive JPEG is decoded once per scan. Encoders write about 10; 1,000 empty ones fit in a small file.
  int max_scans = 200;
  // Scans x pixels: 200 scans of 20 megapixels, or 20 of the largest picture; a few seconds of work.
  std::int64_t max_scan_pixels = std::int64_t{4'000'000'000};
};

// Decodes a file of a format of formats/formats.inc, which is recognised by its first bytes, as Pillow does:
// 1. Alpha is dropped, not blended. A palette's transparency, gAMA and ICC profiles are ignored.
// 2. 16-bit colour keeps the high byte; 16-bit grey saturates at 255.
// 3. Of several frames or pages the first one is read.
// 4. A file that ends before its last pixel is kInvalidImage ("truncated").
[[nodiscard]] Result<Image> decode(std::span<const std::byte> bytes, const DecodeLimits& limits = {},
                                   ExifPolicy exif = ExifPolicy::kIgnore);

}  // namespace kite
