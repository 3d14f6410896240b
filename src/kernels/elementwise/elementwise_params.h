// SPDX-License-Identifier: Apache-2.0
// What one elementwise call needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

enum class ElementwiseOp : std::int32_t {
  kActivate,  // act(a)
  kErf,       // erf(a)
  kSqrt,      // sqrt(a)
  kAdd,       // act(a + b), and so on
  kSub,
  kMul,
  kDiv,
};
inline constexpr std::int32_t kElementwiseOpCount = 7;
inline constexpr int kElementwiseDims = 4;

// y[i0,i1,i2,i3] = op(a[sum_d i_d * a_stride[d]], b[sum_d i_d * b_stride[d]]) for i_d < size[d]; y is dense.
// A stride of 0 broadcasts. Innermost strides are 0 or 1, and not both 0; the operators of one operand ignore b.
struct ElementwiseParams {
  std::int64_t size[kElementwiseDims];      // outermost first, each >= 1
  std::int64_t a_stride[kElementwiseDims];  // floats
  std::int64_t b_stride[kElementwiseDims];
  ElementwiseOp op;
  ActivationForm activation;
};

}  // namespace kite
