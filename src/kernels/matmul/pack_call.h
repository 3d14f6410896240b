// SPDX-License-Identifier: Apache-2.0
// Columns of a matrix that was computed at run time, in the panels that multiply_rows() reads. Plain struct: files
// compiled for one ISA include this.
#pragma once

#include <cstdint>

namespace kite {

// The element of row k and column c lies at from[k * row + c * column]; row or column is 1.
struct ColumnsToPack {
  const float* from;
  std::int64_t row, column;
  std::int64_t depth, count;  // rows and columns
};

// One for each target, in matmul_kernels.cc.
#define KITE_TARGET_ROW(target)                             \
  namespace target {                                        \
  void pack_columns(const ColumnsToPack& b, float* packed); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
