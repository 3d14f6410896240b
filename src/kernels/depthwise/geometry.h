// SPDX-License-Identifier: Apache-2.0
// How a depthwise convolution is computed. Decided outside the kernels, which read it.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

constexpr std::int64_t kBlockChannels = 16;  // a cache line of each pixel; weights are packed in blocks of as many

// Shapes whose outputs are computed in tiles; those of the others one at a time. A tile reaches no further over the
// edge of the picture than half a kernel.
static inline bool depthwise_has_tiles(const ConvParams& p) {
  if (p.dilation_h != 1 || p.dilation_w != 1 || p.stride_w != p.stride_h || p.stride_w > 2) return false;
  const std::int32_t half = p.kernel_w / 2;
  const auto fits = [half](std::int64_t before, std::int64_t outputs, std::int64_t stride, std::int64_t kernel,
                           std::int64_t pixels) {
    return before <= half && (outputs - 1) * stride + kernel - before - pixels <= half;
  };
  if (!fits(p.pad_left, p.out_w, p.stride_w, p.kernel_w, p.in_w)) return false;
  if (p.kernel_w == 3) return p.kernel_h == 3 && fits(p.pad_top, p.out_h, p.stride_h, p.kernel_h, p.in_h);
  return p.kernel_w == 5 || p.kernel_w == 7;
}

// What is decided of a call before the first run, for all shares.
struct DepthwiseWalk {
  std::int64_t across;  // threads that share one row's channels; divides the number of threads
};

}  // namespace kite
