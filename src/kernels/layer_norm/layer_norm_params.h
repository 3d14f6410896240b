// SPDX-License-Identifier: Apache-2.0
// What one layer normalisation needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// y[r, c] = (x[r, c] - mean_r) / sqrt(variance_r + epsilon) * scale[r % affine_rows, c / run] + bias[the same]
struct LayerNormParams {
  std::int64_t rows, channels;
  std::int64_t affine_rows;  // rows of scale and bias, which the rows of x take in turn
  std::int64_t run;          // neighbours that have one scale and one bias; divides channels
  float epsilon;
  std::int32_t reserved;
};

}  // namespace kite
