// SPDX-License-Identifier: Apache-2.0
// The functions of simd/math.inl applied to arrays, once for each target, so that a test can
// sweep them. The activations themselves have simd/activate.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kite {

enum class VectorFunction : std::int32_t { kExp, kErf };

#define KITE_TARGET_ROW(target)                                                              \
  namespace target {                                                                         \
  void apply_to_array(VectorFunction function, const float* x, float* y, std::size_t count); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
