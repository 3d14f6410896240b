// SPDX-License-Identifier: Apache-2.0
// What one layer normalisation needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// y[r, c] = (x[r, c] - mean_r) / sqrt(variance_r + epsilon) * scale[c] + bias[c]
struct LayerNormParams {
  std::int64_t rows, channels;
  float epsilon;
  std::int32_t reserved;
};

}  // namespace kite
