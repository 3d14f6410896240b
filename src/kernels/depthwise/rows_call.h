// SPDX-License-Identifier: Apache-2.0
// Rows of a depthwise convolution whose input another kernel has just made, for as many channels and rows as it has.
// Plain struct: files compiled for one ISA include this.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

// Output rows [first_row, last_row) of one picture, channels [channel, end); `channel` is a multiple of the vector.
struct DepthwiseRowsCall {
  const ConvParams* params;
  const float* x;  // where the picture's first pixel and channel would lie: only the rows and channels that are read exist
  const float* w;  // as the family packs them, of all channels
  const float* bias;  // of all channels, or null
  float* y;           // of the picture
  std::int64_t x_row, x_pixel;  // floats from row to row, and from pixel to pixel
  std::int64_t first_row, last_row, channel, end;
};

// One for each target, in depthwise/depthwise_kernels.cc: the bits of the family's own kernel.
#define KITE_TARGET_ROW(target)                       \
  namespace target {                                  \
  void depthwise_rows(const DepthwiseRowsCall& call); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
