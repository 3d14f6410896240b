// SPDX-License-Identifier: Apache-2.0
// What one mean needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// y[o, i] = sum_m x[o, m, i] / count, both dense.
struct ReduceParams {
  std::int64_t outer;
  std::int64_t count;
  std::int64_t inner;  // 1: means over the last axis
};

}  // namespace kite
