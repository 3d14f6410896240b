// SPDX-License-Identifier: Apache-2.0
// How a depthwise convolution is computed. Decided outside the kernels, which read it.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

constexpr std::int64_t kBlockChannels = 16;  // a cache line of each pixel; weights are packed in blocks of as many
constexpr std::int32_t kMostRingRows = 7;

// Shapes whose outputs are computed in runs; those of the others one at a time.
static inline bool depthwise_has_runs(const ConvParams& p) {
  return p.dilation_h == 1 && p.dilation_w == 1 && (p.stride_w == 1 || p.stride_w == 2) &&
         (p.kernel_w == 3 || p.kernel_w == 5 || p.kernel_w == 7) && p.kernel_h <= kMostRingRows;
}

// What is decided of a call before the first run, for all shares.
struct DepthwiseWalk {
  std::int64_t ring_columns;  // of a row of the ring: from -pad_left to the last that an output needs
  std::int64_t across;        // threads that share one row's channels; divides the number of threads
  bool uses_ring;
};

}  // namespace kite
