// SPDX-License-Identifier: Apache-2.0
// The orientation that a picture's EXIF or XMP data states, with Pillow's order of precedence.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kite {

// Where a file states its orientation. Both are empty when the file has none.
struct PictureMetadata {
  std::span<const std::byte> exif;  // "II" or "MM" and so on; one or two leading "Exif\0\0" are skipped
  std::span<const std::byte> xmp;   // an XML text
  // What the spans point to where the data is not in the file as it is: joined, unpacked or decoded.
  std::vector<std::byte> owned_exif;
  std::vector<std::byte> owned_xmp;
};

// 1..8, or 0 when there is no usable one: the data is cut short, the value is out of range, or an offset points
// outside. XMP is asked only when the EXIF data has no such tag at all. Reads one directory and follows no chain.
[[nodiscard]] int orientation_of(const PictureMetadata& metadata) noexcept;

}  // namespace kite
