// SPDX-License-Identifier: Apache-2.0
// A dense layer is a 1x1 convolution over a row of pixels.
#pragma once

#include "kernels/conv/conv_params.h"
#include "kernels/linear/linear_params.h"

namespace kite {

// The dense layer as the 1x1 convolution that it is.
static inline ConvParams linear_as_conv(const LinearParams& p) {
  ConvParams c = {};
  c.batch = c.in_h = c.out_h = 1;
  c.in_w = c.out_w = p.rows;
  c.in_c = p.in_features;
  c.out_c = p.out_features;
  c.kernel_h = c.kernel_w = c.stride_h = c.stride_w = c.dilation_h = c.dilation_w = c.groups = 1;
  c.activation = p.activation;
  c.activation_a = p.activation_a;
  c.activation_b = p.activation_b;
  return c;
}

}  // namespace kite
