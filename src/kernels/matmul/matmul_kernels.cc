// SPDX-License-Identifier: Apache-2.0
// A batched product of run-time matrices: b goes into panels in scratch, then rows times panels as in conv/tiles.inl.
#include "kernels/conv/geometry.h"
#include "kernels/kernel.h"
#include "kernels/matmul/geometry.h"
#include "kernels/matmul/pack_call.h"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

void pack_columns(const ColumnsToPack& b, float* packed) {
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

// Shares are runs of tiles of rows, counted over the whole batch: heads of attention where there are enough.
void matmul_f32(const KernelCall& call);
void matmul_f32(const KernelCall& call) {
  const MatmulParams& p = *static_cast<const MatmulParams*>(call.params);
  const auto* a = static_cast<const float*>(call.in[0]);
  const auto* b = static_cast<const float*>(call.in[1]);
  auto* c = static_cast<float*>(call.out[0]);
  auto* packed = static_cast<float*>(call.scratch);
  constexpr std::int64_t kUnit = kTuning.unit_pixels;
  const std::int64_t units = (p.m + kUnit - 1) / kUnit;
  const std::int64_t total = units * p.batch;
  const std::int64_t end = total * (call.share + 1) / call.shares;
  const std::int64_t block = matmul_block_columns(p);
  for (std::int64_t unit = total * call.share / call.shares; unit < end;) {
    const std::int64_t item = unit / units;
    const std::int64_t row = (unit - item * units) * kUnit;
    const std::int64_t stop = end < (item + 1) * units ? end : (item + 1) * units;
    const std::int64_t last_row = (stop - item * units) * kUnit < p.m ? (stop - item * units) * kUnit : p.m;
    for (std::int64_t column = 0; column < p.n; column += block) {
      const std::int64_t columns = p.n - column < block ? p.n - column : block;
      const float* const from = b + item * p.b_batch_stride;
      pack_columns(p.b_transposed == 0 ? ColumnsToPack{from + column, p.n, 1, p.k, columns}
                                       : ColumnsToPack{from + column * p.k, 1, p.k, p.k, columns},
                   packed);
      RowsCall rows = {};
      rows.x = a + item * p.a_batch_stride + row * p.k;
      rows.w = packed;
      rows.y = c + (item * p.m + row) * p.n + column;
      rows.rows = last_row - row;
      rows.depth = p.k;
      rows.columns = columns;
      rows.x_stride = p.k;
      rows.y_stride = p.n;
      rows.last_panel = panel_count(panel_cut(columns, Vec::kLanes, kTuning));
      multiply_rows(rows);
    }
    unit = stop;
  }
}

}  // namespace kite::KITE_TARGET
