// SPDX-License-Identifier: Apache-2.0
// What one convolution of 8-bit numbers needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

enum class QResult : std::int32_t {
  kBytes,  // round(sum * factor[k] + addend[k]) + zero, half to even, kept within [least, most] before `zero` is added
  kFloat,  // activation(sum * factor[k] * x_scale + addend[k])
  kWhole,  // sum
};

// sum[n,p,q,k] = bias[k] + sum_{r,s,c} (x[...] - x_zero) * (w[k,c,r,s] - w_zero[k]), at the places of ConvParams;
// padding adds nothing. Only a result in float32 has the activation of `conv`.
struct QConvParams {
  ConvParams conv;
  std::int32_t x_signed;     // 1: x is int8, 0: uint8
  std::int32_t has_w_zeros;  // 1: some w_zero is not 0, after unsigned weights were lowered by 128
  std::int32_t has_addend;   // of kBytes and kFloat
  QResult result;
  std::int32_t zero;  // of kBytes
  float least, most;  // whole numbers
};

}  // namespace kite
