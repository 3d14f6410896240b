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
  std::int32_t batch;
  std::int32_t in_h, in_w, in_c;
  std::int32_t out_h, out_w, out_c;
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h, stride_w;
  std::int32_t dilation_h, dilation_w;
  std::int32_t pad_top, pad_left;  // >= 0
  std::int32_t groups;             // divides in_c and out_c
  std::int32_t input_planar;       // 1: x is NCHW (a picture tensor as it came); 0: NHWC
  Activation activation;
  float activation_a, activation_b;
};

}  // namespace kite
