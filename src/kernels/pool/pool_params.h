// SPDX-License-Identifier: Apache-2.0
// What one pooling call needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

enum class PoolKind : std::int32_t {
  kMax,                // the largest tap inside the picture; NaN wins; -Inf where no tap is inside
  kAverage,            // sum of the taps inside the picture / how many they are; 0 where no tap is inside
  kAverageIncludePad,  // the same sum / how many taps lie inside the picture or its explicit padding
};

// Tap (r, s) of output (p, q) reads x[n, p*stride_h - pad_top + r*dilation_h, q*stride_w - pad_left + s*dilation_w, c].
struct PoolParams {
  std::int32_t batch;
  std::int32_t in_h, in_w, channels;
  std::int32_t out_h, out_w;
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h, stride_w;
  std::int32_t dilation_h, dilation_w;
  std::int32_t pad_top, pad_left, pad_bottom, pad_right;  // >= 0
  PoolKind kind;
};

}  // namespace kite
