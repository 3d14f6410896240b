// SPDX-License-Identifier: Apache-2.0
// Columns of a matrix that was computed at run time, in the panels that multiply_rows() reads.
#pragma once

#include <cstdint>

#include "kernels/conv/geometry.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// The element of row k and column c lies at from[k * row + c * column]; row or column is 1.
struct ColumnsToPack {
  const float* from;
  std::int64_t row, column;
  std::int64_t depth, count;  // rows and columns
};

static inline __attribute__((noinline)) void pack_columns(const ColumnsToPack& b, float* packed) {
  const PanelCut cut = panel_cut(b.count, Vec::kLanes, kTuning);
  for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
    const std::int64_t begin = panel_first_block(cut, panel) * Vec::kLanes;
    const std::int64_t width = panel_blocks(cut, panel) * Vec::kLanes;
    const std::int64_t used = b.count - begin < width ? b.count - begin : width;
    const float* const from = b.from + begin * b.column;
    float* const to = packed + begin * b.depth;
    if (b.column == 1) {
      for (std::int64_t k = 0; k < b.depth; ++k) {
        for (std::int64_t lane = 0; lane < width; lane += Vec::kLanes) {
          const std::int64_t lanes = used - lane < Vec::kLanes ? used - lane : Vec::kLanes;
          const float* const at = from + k * b.row + lane;
          store(to + k * width + lane,
                lanes == Vec::kLanes ? load(at) : load_n(at, lanes < 0 ? 0 : static_cast<int>(lanes)));
        }
      }
      continue;
    }
    for (std::int64_t k = 0; k < b.depth; k += kTile) {
      const int deep = b.depth - k < kTile ? static_cast<int>(b.depth - k) : kTile;
      for (std::int64_t lane = 0; lane < used; lane += kTile) {
        const int wide = used - lane < kTile ? static_cast<int>(used - lane) : kTile;
        transpose_tile(from + lane * b.column + k, b.column, wide, to + k * width + lane, width, deep);
      }
      for (std::int64_t row = k; used < width && row < k + deep; ++row) {
        for (std::int64_t lane = used; lane < width; ++lane) to[row * width + lane] = 0.0f;
      }
    }
  }
}

}  // namespace kite::KITE_TARGET
