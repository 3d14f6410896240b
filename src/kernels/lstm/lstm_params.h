// SPDX-License-Identifier: Apache-2.0
// What one LSTM needs to know. Plain struct: it lives in the plan.
#pragma once

#include <cstdint>

namespace kite {

struct LstmParams {
  std::int64_t steps, batch;
  std::int32_t hidden;
  std::int32_t directions;      // 1, or 2: the second runs from the last step to the first
  std::int32_t is_reverse;      // of the first direction
  std::int32_t is_batch_first;  // x is [batch, steps, ...], not [steps, batch, ...]; likewise y and the states
};

// So that the floats of a row, of a matrix and of the scratch are far from overflowing.
constexpr std::int32_t kLstmMostHidden = 1 << 24;

// Entries of the batch that take a step together: each reads all weights of R, and their gates stay in L2.
constexpr std::int64_t kLstmLines = 32;

}  // namespace kite
