// SPDX-License-Identifier: Apache-2.0
// The activations over memory, one function for each target: kernels call it for what is more than a clamp.
#pragma once

#include <cstdint>

#include "tensor/activation.h"

namespace kite {

// After so many elements of a result (8 KB, still in L1) a kernel activates them.
inline constexpr std::int64_t kActivatedAtOnce = 2048;

// y[r * step + i] = f(x[r * step + i]) for r < rows, i < columns; y is x, or they do not overlap.
#define KITE_TARGET_ROW(target)                                                                       \
  namespace target {                                                                                  \
  void activate(const float* x, float* y, std::int64_t rows, std::int64_t columns, std::int64_t step, \
                ActivationForm activation);                                                           \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
