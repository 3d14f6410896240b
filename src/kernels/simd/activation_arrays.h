// SPDX-License-Identifier: Apache-2.0
// simd/activation.inl applied to arrays, once for each instruction set, so that a test can sweep it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/activation.h"

namespace kite {

enum class VectorFunction : std::int32_t { kExp, kErf, kActivation };

#define KITE_ARRAYS(isa)                                                                                          \
  namespace isa {                                                                                                 \
  void apply_to_array(VectorFunction function, Activation activation, float a, float b, const float* x, float* y, \
                      std::size_t count);                                                                         \
  }
KITE_ARRAYS(generic)
KITE_ARRAYS(avx2)
KITE_ARRAYS(avx512)
#undef KITE_ARRAYS

}  // namespace kite
