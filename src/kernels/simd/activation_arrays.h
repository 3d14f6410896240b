// SPDX-License-Identifier: Apache-2.0
// simd/activation.inl applied to arrays, once for each instruction set, so that a test can sweep it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/activation.h"

namespace kite {

enum class VectorFunction : std::int32_t { kExp, kErf, kActivation };

#define KITE_TARGET_ROW(target)                                                                     \
  namespace target {                                                                                \
  void apply_to_array(VectorFunction function, ActivationForm activation, const float* x, float* y, \
                      std::size_t count);                                                           \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
