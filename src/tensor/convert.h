// SPDX-License-Identifier: Apache-2.0
// Floating-point tensors in another precision: between what is stored and what is computed in.
#pragma once

#include "paperkite/tensor.h"

namespace kite {

[[nodiscard]] constexpr bool is_half(DType dtype) noexcept {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}
[[nodiscard]] constexpr bool is_floating_point(DType dtype) noexcept {
  return is_half(dtype) || dtype == DType::kFloat32 || dtype == DType::kFloat64;
}
[[nodiscard]] constexpr bool is_integer(DType dtype) noexcept {
  return !is_floating_point(dtype) && dtype != DType::kBool;
}

// The elements of `view`, which may lie unaligned, in the type `to`; both are floating-point types.
[[nodiscard]] Tensor converted(const TensorView& view, DType to);

}  // namespace kite
