// SPDX-License-Identifier: Apache-2.0
// What one depthwise convolution call needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

// y[n,p,q,c] = act(bias[c] + residual[n,p,q,c]
//                  + sum_{r,s} x[n, p*stride_h - pad_top + r*dilation_h, q*stride_w - pad_left + s*dilation_w, c] *
//                  w[c,r,s])
struct DepthwiseParams {
  std::int32_t batch;
  std::int32_t in_h, in_w, channels;
  std::int32_t out_h, out_w;
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h, stride_w;
  std::int32_t dilation_h, dilation_w;
  std::int32_t pad_top, pad_left;  // >= 0
  Activation activation;
  float activation_a, activation_b;
};

}  // namespace kite
