// SPDX-License-Identifier: Apache-2.0
// File bytes -> 8-bit RGB, with the bytes Pillow's Image.open(f).convert("RGB") gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/limits.h"
#include "image/image.h"

namespace kite {

enum class ExifPolicy : std::uint8_t { kIgnore, kApply };  // Pillow's convert() ignores the orientation, except of TIFF

// The limits of pictures are tested against the file's header before memory for the picture is allocated:
// 1. pixels: by default where Pillow sees a decompression bomb, at twice its warning threshold of 2^30 / 4 / 3.
// 2. codec-bytes: the coefficients of a progressive JPEG (2 bytes a sample), the raw pixels of an interlaced PNG.
// 3. scans: a progressive JPEG is decoded once per scan. Encoders write about 10; 1,000 empty ones fit in a small file.
// 4. scan-pixels: 200 scans of 20 megapixels, or 20 of the largest picture; a few seconds of work.

// Decodes a file of a format of formats/formats.inc, which is recognised by its first bytes, as Pillow does:
// 1. Alpha is dropped, not blended. A palette's transparency, gAMA and ICC profiles are ignored.
// 2. 16-bit colour keeps the high byte; 16-bit grey saturates at 255.
// 3. Of several frames or pages the first one is read.
// 4. A file that ends before its last pixel is kInvalidImage ("truncated").
[[nodiscard]] Result<Image> decode(std::span<const std::byte> bytes, const Limits& limits = {},
                                   ExifPolicy exif = ExifPolicy::kIgnore);

}  // namespace kite
