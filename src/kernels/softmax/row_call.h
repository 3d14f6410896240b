// SPDX-License-Identifier: Apache-2.0
// The softmax of one row, for kernels that have rows of scores.
#pragma once

#include <cstdint>

namespace kite {

// y = softmax(x); y may be x. One for each target, in softmax_kernels.cc.
#define KITE_TARGET_ROW(target)                                   \
  namespace target {                                              \
  void softmax_row(const float* x, float* y, std::int64_t count); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
