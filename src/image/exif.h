// SPDX-License-Identifier: Apache-2.0
// Finds the orientation tag in EXIF data, and EXIF data in the three file formats.
#pragma once

#include <cstddef>
#include <span>

namespace kite {

// `tiff` starts with "II" or "MM" (a leading "Exif\0\0" is skipped). Returns 1..8, or 0 when there is no
// usable tag: the data is cut short, the value is out of range, or an offset points outside. Reads one
// directory and follows no chain.
[[nodiscard]] int exif_orientation(std::span<const std::byte> tiff) noexcept;

// The EXIF block of a whole file; empty when the file has none. The search is linear in the file's size.
[[nodiscard]] std::span<const std::byte> find_jpeg_exif(std::span<const std::byte> file) noexcept;
[[nodiscard]] std::span<const std::byte> find_png_exif(std::span<const std::byte> file) noexcept;
[[nodiscard]] std::span<const std::byte> find_webp_exif(std::span<const std::byte> file) noexcept;

}  // namespace kite
