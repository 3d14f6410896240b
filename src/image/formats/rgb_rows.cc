// SPDX-License-Identifier: Apache-2.0
#include "image/formats/rgb_rows.h"

#include <png.h>

#include <cstring>

namespace kite {
namespace {

void palette_row(const PngColours& colours, const std::uint8_t* from, std::uint8_t* rgb, std::int64_t width) {
  for (std::int64_t x = 0; x < width; ++x) std::memcpy(rgb + 3 * x, colours.palette[from[x]].data(), 3);
}

void grey_row(const PngColours& colours, const std::uint8_t* from, std::uint8_t* rgb, std::int64_t width) {
  for (std::int64_t x = 0; x < width; ++x) {
    std::memset(rgb + 3 * x, from[x] * colours.grey_factor, 3);
  }
}

// Pillow reads 16-bit grey as a number and clips it to 255.
void grey16_row(const PngColours&, const std::uint8_t* from, std::uint8_t* rgb, std::int64_t width) {
  for (std::int64_t x = 0; x < width; ++x) std::memset(rgb + 3 * x, from[2 * x] != 0 ? 255 : from[2 * x + 1], 3);
}

// A pixel has kStride bytes; red, green and blue are kStep bytes apart. Only the first byte of each is used: samples
// are big-endian, so that is the high byte.
template <int kStride, int kStep>
void colour_row(const PngColours&, const std::uint8_t* from, std::uint8_t* rgb, std::int64_t width) {
  for (std::int64_t x = 0; x < width; ++x) {
    rgb[3 * x] = from[kStride * x];
    rgb[3 * x + 1] = from[kStride * x + kStep];
    rgb[3 * x + 2] = from[kStride * x + 2 * kStep];
  }
}

}  // namespace

// With c' = 255-c and so on, red = (255-k') - c'*(255-k')/255, rounded as Pillow's MULDIV255 rounds.
void inverted_cmyk_to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, std::int64_t width) noexcept {
  for (std::int64_t x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int white = cmyk[3];
    for (int channel = 0; channel < 3; ++channel) {
      const int product = (255 - cmyk[channel]) * white + 128;
      rgb[channel] = static_cast<std::uint8_t>(white - (((product >> 8) + product) >> 8));
    }
  }
}

PngRowFunction png_row_function(int colour_type, int bit_depth) noexcept {
  const bool wide = bit_depth == 16;
  switch (colour_type) {
    case PNG_COLOR_TYPE_GRAY: return wide ? grey16_row : grey_row;
    case PNG_COLOR_TYPE_PALETTE: return palette_row;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return wide ? colour_row<4, 0> : colour_row<2, 0>;
    case PNG_COLOR_TYPE_RGB: return wide ? colour_row<6, 2> : colour_row<3, 1>;
    case PNG_COLOR_TYPE_RGB_ALPHA: return wide ? colour_row<8, 2> : colour_row<4, 1>;
    default: return nullptr;
  }
}

}  // namespace kite
