// SPDX-License-Identifier: Apache-2.0
// What the ONNX convolution and the internal channels-last one have in common: their checked geometry.
#pragma once

#include <cstdint>

#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

struct Convolution {
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t group = 1;
  Window window;

  [[nodiscard]] std::int64_t in_per_group() const noexcept { return in_channels / group; }
  [[nodiscard]] std::int64_t out_per_group() const noexcept { return out_channels / group; }
};

enum class ConvLayout : std::uint8_t { kChannelsFirst, kChannelsLast };

// For infer(): checks types, ranks, group, channels, bias and attributes of x = input 0, w = input 1 ([K, C/group,
// kernel...] in either layout) and bias = input 2.
[[nodiscard]] Result<Convolution> infer_convolution(InferContext& context, ConvLayout layout);

// The same without types and bias, for operators whose weights are another input.
[[nodiscard]] Result<Convolution> infer_geometry(InferContext& context, ConvLayout layout, int weights);

// For compute(): what these accepted.
[[nodiscard]] Result<Convolution> read_convolution(const ComputeContext& context, ConvLayout layout,
                                                   std::size_t weights = 1);

// A pointwise height and width become one long row, for loops over rows.
[[nodiscard]] Window with_long_rows(Window window) noexcept;

}  // namespace kite
