// SPDX-License-Identifier: Apache-2.0
// Turns 8-bit RGB into the numbers that training code computes, by one table of 256 values for each channel.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "image/image.h"
#include "paperkite/tensor.h"

namespace kite {

enum class ChannelOrder : std::uint8_t { kRgb, kBgr };

// What one pixel of the tensor holds, as Pillow's convert() makes it from the file.
enum class PixelMode : std::uint8_t {
  kRgb,
  kGrey,  // "L": (19595 R + 38470 G + 7471 B + 2^15) >> 16, ITU-R 601-2
  kRgba,  // alpha 255 where the file has none
};

// The tensor that holds one picture.
struct TensorForm {
  DType dtype = DType::kFloat32;
  PixelMode pixels = PixelMode::kRgb;
  // One letter for each axis: C, H and W; N (pictures), T (frames) and any other axis have size 1. Without C the
  // picture is grey.
  std::string axes = "NCHW";

  [[nodiscard]] std::int64_t channels() const noexcept;
  [[nodiscard]] bool is_planar() const noexcept;  // whole planes follow each other, not the channels of each pixel
  [[nodiscard]] Shape shape(Size size) const;
  [[nodiscard]] bool operator==(const TensorForm&) const = default;
};

// The order of operations decides the last bit, so it is part of a recipe.
enum class Arithmetic : std::uint8_t {
  kTorchvision,  // float32 throughout: (x / 255 - mean) / std
  kHuggingFace,  // float32(double(x) * rescale), then float32: (. - mean) / std
  kProduct,      // float32 throughout: (x * rescale - mean) / std; Hugging Face on torch tensors
  kFused,        // float32 throughout: (x - mean * (1 / rescale)) / (std * (1 / rescale)); the same, the usual case
};

// tables[c][v] = the float of stored value v in channel c of the output.
using ChannelTables = std::array<std::array<float, 256>, 3>;

struct Normalization {
  std::array<double, 3> mean{0, 0, 0};  // in the order of the output's channels
  std::array<double, 3> std{1, 1, 1};
  double rescale = 1.0 / 255.0;  // not used by kTorchvision; 1 leaves 0..255
  double offset = 0.0;           // added after rescaling, before the mean is subtracted; must be 0 with kFused
  std::array<double, 3> second_std{1, 1, 1};  // divides once more, after `std`
  Arithmetic arithmetic = Arithmetic::kTorchvision;
  [[nodiscard]] bool operator==(const Normalization&) const noexcept = default;
};

[[nodiscard]] ChannelTables make_tables(const Normalization& normalization) noexcept;

// Checks that the tensor can hold the normalised numbers, else kInvalidModel:
// 1. An integer type holds only whole numbers within its range.
// 2. A grey value, or alpha, has no mean of its own, so all three channels must have the same numbers.
[[nodiscard]] Status validate_normalization(const Normalization& normalization, const TensorForm& form);

// `image` must be grey already (R = G = B) where `form` is grey. Element types other than float32 get the table's
// float32 value: float16 rounded to nearest even, float64 widened, and integers unchanged, since
// validate_normalization() proves that the numbers are whole. Alpha is 255 in every pixel.
[[nodiscard]] Tensor to_tensor(const Image& image, const ChannelTables& tables, ChannelOrder order,
                               const TensorForm& form);

}  // namespace kite
