// SPDX-License-Identifier: Apache-2.0
// What one softmax needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// y[r, c] = exp(x[r, c] - max_r) / sum_c exp(x[r, c] - max_r)
struct SoftmaxParams {
  std::int64_t rows, channels;
};

}  // namespace kite
