// SPDX-License-Identifier: Apache-2.0
// What the samples of a TIFF's pixels mean, and how a row of them becomes RGB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "image/formats/tiff_directory.h"
#include "paperkite/error.h"

namespace kite {

enum class TiffColours : std::uint8_t { kGrey, kPalette, kRgb, kCmyk };

struct TiffSamples {
  TiffColours colours = TiffColours::kGrey;
  int bits = 1;
  std::int64_t per_pixel = 1;
  bool is_inverted = false;  // grey whose 0 is white
  bool is_signed = false;
  bool is_float = false;
  bool is_ycbcr = false;          // becomes RGB where it is unpacked
  bool is_premultiplied = false;  // colours are divided by alpha, the fourth sample
  bool has_alpha = false;
  bool saturates = false;             // grey that is clipped to 255
  bool has_undeclared_alpha = false;  // a fourth sample of RGB without a meaning
  ByteOrder order = ByteOrder::kLittle;
  std::array<std::array<std::uint8_t, 3>, 256> palette{};  // entries that the file does not have are black
  std::string name;

  void to_rgb(const std::byte* row, std::uint8_t* rgb, std::int64_t width) const noexcept;
};

// kUnsupportedImage for what Pillow does not know either.
[[nodiscard]] Result<TiffSamples> tiff_samples(const TiffDirectory& directory);

}  // namespace kite
