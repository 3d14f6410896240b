// SPDX-License-Identifier: Apache-2.0
// Attention: keys and values of a head go into panels, then its queries come in blocks: rows times panels as in
// conv/tiles.inl, softmax where the scores lie, rows times panels.
#include "kernels/attention/attention_params.h"
#include "kernels/attention/geometry.h"
#include "kernels/conv/geometry.h"
#include "kernels/kernel.h"
#include "kernels/matmul/pack_call.h"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"
#include "kernels/softmax/row_call.h"

namespace kite::KITE_TARGET {

// to = f(x, i) for the elements from i on.
template <typename F>
static inline __attribute__((always_inline)) void map_row(const float* x, float* to, std::int64_t count, F f) {
  for (std::int64_t i = 0; i < count; i += Vec::kLanes) {
    const bool whole = count - i >= Vec::kLanes;
    const int lanes = whole ? Vec::kLanes : static_cast<int>(count - i);
    const Vec value = f(whole ? load(x + i) : load_n(x + i, lanes), i, lanes);
    if (whole) {
      store(to + i, value);
    } else {
      store_n(to + i, value, lanes);
    }
  }
}

static void scale_row(const float* x, float* to, std::int64_t count, float factor) {
  const Vec all = splat(factor);
  map_row(x, to, count, [all](Vec value, std::int64_t, int) { return mul(value, all); });
}

static void add_row(float* x, const float* addend, std::int64_t count) {
  map_row(x, x, count, [addend](Vec value, std::int64_t i, int lanes) {
    return add(value, lanes == Vec::kLanes ? load(addend + i) : load_n(addend + i, lanes));
  });
}

// x [rows, depth] times panels of `columns`.
static void multiply(const float* x, std::int64_t x_stride, const float* panels, float* y, std::int64_t y_stride,
                     std::int64_t rows, std::int64_t depth, std::int64_t columns) {
  RowsCall call = {};
  call.x = x;
  call.w = panels;
  call.y = y;
  call.rows = rows;
  call.depth = depth;
  call.columns = columns;
  call.x_stride = x_stride;
  call.y_stride = y_stride;
  call.last_panel = panel_count(panel_cut(columns, Vec::kLanes, kTuning));
  multiply_rows(call);
}

// Shares are runs of tiles of queries, counted over all heads.
void attention_f32(const KernelCall& call);
void attention_f32(const KernelCall& call) {
  const AttentionParams& p = *static_cast<const AttentionParams*>(call.params);
  const AttentionScratch at = attention_scratch(p);
  auto* const scratch = static_cast<float*>(call.scratch);
  float* const scores = scratch + at.scores;
  constexpr std::int64_t kUnit = kTuning.unit_pixels;
  const std::int64_t units = (p.queries + kUnit - 1) / kUnit;
  const std::int64_t total = units * p.heads * p.outer;
  const std::int64_t end = total * (call.share + 1) / call.shares;
  for (std::int64_t unit = total * call.share / call.shares; unit < end;) {
    const std::int64_t matrix = unit / units;
    const std::int64_t outer = matrix / p.heads, head = matrix - outer * p.heads;
    const std::int64_t stop = end < (matrix + 1) * units ? end : (matrix + 1) * units;
    const std::int64_t last_row =
        (stop - matrix * units) * kUnit < p.queries ? (stop - matrix * units) * kUnit : p.queries;
    const auto first_of = [outer, head](const AttentionView& view) {
      return view.first + outer * view.outer + head * view.head;
    };
    const float* const q = static_cast<const float*>(call.in[0]) + first_of(p.q);
    float* const y = static_cast<float*>(call.out[0]) + first_of(p.y);
    pack_columns({static_cast<const float*>(call.in[1]) + first_of(p.k), p.k.column, p.k.row, p.depth, p.keys},
                 scratch + at.keys);
    pack_columns({static_cast<const float*>(call.in[2]) + first_of(p.v), p.v.row, 1, p.keys, p.values},
                 scratch + at.values);
    for (std::int64_t row = (unit - matrix * units) * kUnit; row < last_row; row += kAttentionRows) {
      const std::int64_t rows = last_row - row < kAttentionRows ? last_row - row : kAttentionRows;
      const float* x = q + row * p.q.row;
      std::int64_t x_stride = p.q.row;
      if (p.q_scale != 1.0f) {
        float* const scaled = scratch + at.queries;
        for (std::int64_t i = 0; i < rows; ++i) scale_row(x + i * p.q.row, scaled + i * p.depth, p.depth, p.q_scale);
        x = scaled;
        x_stride = p.depth;
      }
      multiply(x, x_stride, scratch + at.keys, scores, at.score_stride, rows, p.depth, p.keys);
      for (std::int64_t i = 0; i < rows; ++i) {
        float* const s = scores + i * at.score_stride;
        if (p.score_scale != 1.0f) scale_row(s, s, p.keys, p.score_scale);
        for (int a = 0; a < p.addends; ++a) {
          add_row(s, static_cast<const float*>(call.in[3 + a]) + first_of(p.addend[a]) + (row + i) * p.addend[a].row,
                  p.keys);
        }
        softmax_row(s, s, p.keys);
      }
      multiply(scores, at.score_stride, scratch + at.values, y + row * p.y.row, p.y.row, rows, p.keys, p.values);
    }
    unit = stop;
  }
}

}  // namespace kite::KITE_TARGET
