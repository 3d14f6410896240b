// SPDX-License-Identifier: Apache-2.0
// What one convolution call needs to know. Plain struct: it lives in the plan, and files compiled for one ISA include
// it.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

// y[n,p,q,k] = act(bias[k] + residual[n,p,q,k]
//                  + sum_{r,s,c} x[n, p*stride_h - pad_top + r*dilation_h, q*stride_w - pad_left + s*dilation_w, c] *
//                  w[k,c,r,s])
// The bottom and right padding follow from out_h and out_w.
struct ConvParams {
  std::int32_t batch = 1;
  std::int32_t in_h = 1, in_w = 1, in_c = 1;
  std::int32_t out_h = 1, out_w = 1, out_c = 1;
  std::int32_t kernel_h = 1, kernel_w = 1;
  std::int32_t stride_h = 1, stride_w = 1;
  std::int32_t dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0;  // >= 0
  std::int32_t groups = 1;                 // divides in_c and out_c
  std::int32_t input_planar = 0;           // 1: x is NCHW (a picture tensor as it came); 0: NHWC
  ActivationForm activation{};
};

}  // namespace kite
