// SPDX-License-Identifier: Apache-2.0
// What one attention needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// The matrix of head h of item o has the element (i, j) at first + o * outer + h * head + i * row + j * column, in
// floats.
struct AttentionView {
  std::int64_t first, outer, head, row, column;
};

// For each item and head:
//   s[i, j] = score_scale * sum_d (q_scale * q[i, d]) * k[j, d] + addend_0[i, j] + addend_1[i, j]
//   y[i, c] = sum_j softmax(s[i, :])[j] * v[j, c]
struct AttentionParams {
  AttentionView q;          // [queries, depth], column 1
  AttentionView k;          // [keys, depth], row or column 1
  AttentionView v;          // [keys, values], column 1
  AttentionView y;          // [queries, values], column 1
  AttentionView addend[2];  // [queries, keys], column 1
  std::int32_t outer, heads, queries, keys, depth, values;
  float q_scale, score_scale;  // 1: nothing is multiplied
  std::int32_t addends;        // 0 to 2
  std::int32_t reserved;       // 0
};

}  // namespace kite
