// SPDX-License-Identifier: Apache-2.0
// 8-bit RGB -> float32 as training code computes it, through one table of 256 values a channel.
#pragma once

#include <array>
#include <cstdint>

#include "image/image.h"
#include "paperkite/tensor.h"

namespace kite {

enum class ChannelOrder : std::uint8_t { kRgb, kBgr };
enum class TensorLayout : std::uint8_t { kNchw, kNhwc };

// The order of operations decides the last bit, so it is part of a recipe.
enum class Arithmetic : std::uint8_t {
  kTorchvision,  // float32 throughout: (x / 255 - mean) / std
  kHuggingFace,  // float32(double(x) * rescale), then float32: (. - mean) / std
};

// tables[c][v] = the float of stored value v in channel c of the output.
using ChannelTables = std::array<std::array<float, 256>, 3>;

struct Normalization {
  std::array<double, 3> mean{0, 0, 0};  // in the order of the output's channels
  std::array<double, 3> std{1, 1, 1};
  double rescale = 1.0 / 255.0;  // used by kHuggingFace only; 1 leaves 0..255
  Arithmetic arithmetic = Arithmetic::kTorchvision;
};

[[nodiscard]] ChannelTables make_tables(const Normalization& normalization) noexcept;

// [1,3,H,W] or [1,H,W,3] float32.
[[nodiscard]] Tensor to_tensor(const Image& image, const ChannelTables& tables, ChannelOrder order,
                               TensorLayout layout);

}  // namespace kite
