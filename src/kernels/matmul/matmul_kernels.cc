// SPDX-License-Identifier: Apache-2.0
// A batched product of run-time matrices: b goes into panels in scratch, then rows times panels as in conv/tiles.inl.
#include "kernels/conv/geometry.h"
#include "kernels/kernel.h"
#include "kernels/matmul/geometry.h"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// Columns [first, first + count) of one b into panels.
static void pack_columns(const MatmulParams& p, const float* b, std::int64_t first, std::int64_t count, float* packed) {
  const PanelCut cut = panel_cut(count, Vec::kLanes, kTuning);
  for (std::int64_t panel = 0; panel < panel_count(cut); ++panel) {
    const std::int64_t begin = panel_first_block(cut, panel) * Vec::kLanes;
    const std::int64_t width = panel_blocks(cut, panel) * Vec::kLanes;
    const std::int64_t used = count - begin < width ? count - begin : width;
    float* to = packed + begin * p.k;
    if (p.b_transposed == 0) {
      const float* from = b + first + begin;
      for (std::int64_t k = 0; k < p.k; ++k, from += p.n, to += width) {
        for (std::int64_t lane = 0; lane < width; lane += Vec::kLanes) {
          const std::int64_t lanes = used - lane < Vec::kLanes ? used - lane : Vec::kLanes;
          store(to + lane, lanes == Vec::kLanes ? load(from + lane)
                                                : load_n(from + lane, lanes < 0 ? 0 : static_cast<int>(lanes)));
        }
      }
    } else {
      // Sixteen k at a time, so that the lines written stay in L1 while the rows of b are read one by one.
      for (std::int64_t k0 = 0; k0 < p.k; k0 += 16) {
        const std::int64_t k1 = k0 + 16 < p.k ? k0 + 16 : p.k;
        for (std::int64_t lane = 0; lane < width; ++lane) {
          const float* from = b + (first + begin + lane) * p.k;
          for (std::int64_t k = k0; k < k1; ++k) to[k * width + lane] = lane < used ? from[k] : 0.0f;
        }
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
      pack_columns(p, b + item * p.b_batch_stride, column, columns, packed);
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
