// SPDX-License-Identifier: Apache-2.0
// What one reduction needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// y[o, i] = sum_m x[o, m, i] / divisor, or, where is_length is not 0, sqrt(sum_m x[o, m, i]^2). Both dense.
struct ReduceParams {
  std::int64_t outer;
  std::int64_t count;
  std::int64_t inner;  // 1: over the last axis
  float divisor;       // count for a mean, 1 for a sum
  std::int32_t is_length;
};

}  // namespace kite
