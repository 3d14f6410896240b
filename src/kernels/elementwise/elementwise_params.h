// SPDX-License-Identifier: Apache-2.0
// What one elementwise call needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

enum class ElementwiseOp : std::int32_t {
  kActivate,  // act(a); the others are act(op(a)) or act(op(a, b))
#define KITE_ELEMENTWISE(constant, name, operands, vector) constant,
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
};

inline constexpr std::int32_t kElementwiseOpCount = 1
#define KITE_ELEMENTWISE(constant, name, operands, vector) +1
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
    ;

// 0 for a number that a broken plan holds in the place of one.
[[nodiscard]] constexpr int operands_of(ElementwiseOp op) noexcept {
  switch (op) {
    case ElementwiseOp::kActivate: return 1;
#define KITE_ELEMENTWISE(constant, name, operands, vector) \
  case ElementwiseOp::constant: return operands;
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
  }
  return 0;
}

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
