// SPDX-License-Identifier: Apache-2.0
// Stored pixels as RGB, row by row, where the library of a format does not do it: what is done for every pixel, apart
// from the readers around it, whose code is mostly headers and errors.
#pragma once

#include <array>
#include <cstdint>

namespace kite {

// CMYK as in Pillow: libjpeg returns the file's values (YCCK is converted to CMYK), which are read as Adobe's inverted
// values.
void inverted_cmyk_to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, std::int64_t width) noexcept;

// Of a PNG: `width` stored pixels -> RGB. Samples of fewer than 8 bits arrive one to a byte.
struct PngColours {
  std::array<std::array<std::uint8_t, 3>, 256> palette;  // entries that the file does not have are black, as in Pillow
  std::uint8_t grey_factor;                              // 255, 85, 17, 1 for 1-, 2-, 4-, 8-bit grey
};
using PngRowFunction = void (*)(const PngColours&, const std::uint8_t* from, std::uint8_t* rgb, std::int64_t width);

// For the colour type and the bits of a sample, as the file states them; null for a colour type that does not exist.
[[nodiscard]] PngRowFunction png_row_function(int colour_type, int bit_depth) noexcept;

}  // namespace kite
