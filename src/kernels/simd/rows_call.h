// SPDX-License-Identifier: Apache-2.0
// A matrix of rows times packed panels: what 1x1 convolution, dense layers and matrix products have in common.
// Plain struct: files compiled for one ISA include this.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/codes.h"
#include "kernels/simd/epilogue.h"

namespace kite {

// y[i, :] = act(x[i, :] * w + bias + residual[i, :]) for i < rows, columns of panels [first_panel, last_panel).
struct RowsCall {
  const float* x;
  const float* w;  // packed panels (conv/geometry.h) of all `columns`
  float* y;
  std::int64_t rows, depth, columns;
  std::int64_t x_stride, y_stride;  // floats from row to row
  std::int64_t first_panel, last_panel;
  Epilogue epilogue;
  const char* next;  // this thread's share of what the next step streams; null where there is nothing
  std::int64_t next_bytes;
  const Codes* codes;         // in place of w; null where the weights are floats
  std::int64_t left_columns;  // w begins with the panel behind so many columns
  bool continued;             // y holds the sums so far
};

// One for each target, in conv/conv_kernels.cc.
#define KITE_TARGET_ROW(target)             \
  namespace target {                        \
  void multiply_rows(const RowsCall& call); \
  }
#include "kernels/targets.inc"
#undef KITE_TARGET_ROW

}  // namespace kite
