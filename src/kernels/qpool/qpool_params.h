// SPDX-License-Identifier: Apache-2.0
// What one pooling of 8-bit numbers needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

#include "kernels/pool/pool_params.h"

namespace kite {

// kMax: the largest tap inside the picture, in the type of x; the lowest number where there is none. Means: round((sum
// of (x - x_zero)) / count * x_scale / y_scale), half to even, kept within the 8 bits of y.
struct QPoolParams {
  PoolParams pool;
  std::int32_t x_signed, y_signed;  // 1: int8, 0: uint8
  std::int32_t x_zero, zero;
  std::int32_t unused;
  double x_scale, y_scale;
};

}  // namespace kite
