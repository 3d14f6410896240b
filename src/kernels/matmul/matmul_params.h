// SPDX-License-Identifier: Apache-2.0
// What one batched matrix product needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

// c[i] = a[i] * b[i] for i < batch; a[i] is [m, k], b[i] is [k, n] ([n, k] where b_transposed), c[i] is [m, n]; rows
// dense.
struct MatmulParams {
  std::int64_t a_batch_stride;  // floats from a[i] to a[i+1]; 0: the same a for all
  std::int64_t b_batch_stride;  // likewise; c's is m * n
  std::int32_t batch, m, n, k;
  std::int32_t b_transposed;
  std::int32_t reserved;  // 0
};

}  // namespace kite
