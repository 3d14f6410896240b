// SPDX-License-Identifier: Apache-2.0
// The sizes and pads of a ConvTranspose, as its attributes state or imply them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "graph/attributes.h"
#include "ops/window.h"
#include "paperkite/tensor.h"

namespace kite {

// A Window as the forward convolution reads it, from its larger side: `in` and `out` are those of this operator, so
// input i reaches the outputs i * stride - pad_begin + t * dilation.
struct TransposedWindow {
  std::int64_t batch = 0;
  std::int64_t in_channels = 0;
  std::int64_t out_per_group = 0;
  std::int64_t group = 1;
  std::array<WindowAxis, kMaxSpatial> axes;  // depth, height, width; trivial ones first
};

// Of a node whose attributes, ranks and channels have been checked. Nothing where a size overflows or is negative.
[[nodiscard]] std::optional<TransposedWindow> read_transposed(const Attributes& attributes, const Shape& x,
                                                              const Shape& w);

}  // namespace kite
