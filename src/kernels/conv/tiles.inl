// SPDX-License-Identifier: Apache-2.0
// From pixels to register tiles: runs of pixels are cut into segments, segments are gathered into tiles, and the rows
// of a matrix are walked panel by panel.
#pragma once

#include "kernels/conv/geometry.h"
#include "kernels/simd/codes.inl"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/tile.inl"

namespace kite::KITE_TARGET {

// What the tiles of one panel fetch into L2 while they compute: first the panel that comes next, then a piece of the
// next step's weights. One line costs one load slot of the many that a tile leaves free.
struct PrefetchPlan {
  const char* panel;
  std::int64_t panel_lines;
  const char* next;
  std::int64_t next_lines;
  std::int32_t lines;  // for each 4 channels

  // Spreads both over `chunks` runs of 4 channels.
  void spread(std::int64_t chunks) {
    const std::int64_t all = panel_lines + next_lines + chunks - 1;
    const std::int64_t fitting = chunks > 0 ? all / chunks : 0;
    lines = static_cast<std::int32_t>(fitting < 4 ? fitting : 4);
  }

  // Sets what the next of `tiles` calls fetch; returns for how many of them that holds.
  std::int64_t give(TileCall& t, std::int64_t tiles) {
    t.prefetch_lines = 0;
    const bool from_panel = panel_lines > 0;
    std::int64_t& left = from_panel ? panel_lines : next_lines;
    const std::int64_t each = static_cast<std::int64_t>(t.rows) * t.taps * (t.depth / 4) * lines;
    if (left <= 0 || each == 0) return tiles;
    const std::int64_t enough = (left + each - 1) / each;
    if (enough < tiles) tiles = enough;
    const char*& from = from_panel ? panel : next;
    t.prefetch_lines = lines;
    t.prefetch = from;
    from += tiles * each * 64;
    left -= tiles * each;
    return tiles;
  }
};

// Segments of one length that wait until there are enough of them for a tile.
struct PendingSegments {
  const float* x[kMaxSegments];
  float* y[kMaxSegments];
  const float* residual[kMaxSegments];
  std::int32_t count, length;
};

// Collects segments into tiles: a run of pixels is cut into two lengths, and what one row of a picture leaves over of
// either is put together with what the next one leaves.
struct TileQueue {
  TileCall call;
  PrefetchPlan prefetch;
  std::int32_t blocks;
  StartOfSums bias, zeros;
  PendingSegments pending[2];

  // `panel_bias`: null without a bias.
  void start_panel(std::int64_t panel_blocks, std::int64_t last_lanes, const float* panel_bias) {
    blocks = static_cast<std::int32_t>(panel_blocks);
    call.out.last_lanes = static_cast<std::int32_t>(last_lanes < Vec::kLanes ? last_lanes : Vec::kLanes);
    bias.set(panel_bias, blocks, call.out.last_lanes);
  }

  // What the tiles to come make of their sums: a piece of them goes on from what y holds, or leaves more to be added.
  void set_piece(bool continued, bool unfinished) {
    call.start = continued ? zeros.values : bias.values;
    call.out.continued = continued;
    call.out.unfinished = unfinished;
  }

  bool has_activation() const { return !is_clamp(call.out.activation.kind) && !call.out.unfinished; }
  int lanes() const { return (blocks - 1) * Vec::kLanes + call.out.last_lanes; }

  void flush() {
    flush(pending[0]);
    flush(pending[1]);
  }

  void flush(PendingSegments& list) {
    std::int32_t done = 0;
    while (done < list.count) {
      const std::int32_t take = list.count - done == 3 ? 2 : list.count - done;
      for (std::int32_t s = 0; s < take; ++s) {
        call.x[s] = list.x[done + s];
        call.out.y[s] = list.y[done + s];
        call.out.residual[s] = list.residual[done + s];
      }
      prefetch.give(call, 1);
      find_tile(take, list.length, blocks, call.out.last_lanes)(call, 1);
      if (has_activation()) activate_block(call.out, take, list.length, lanes());
      done += take;
    }
    list.count = 0;
  }

  // `count` neighbouring segments.
  void push_segments(PendingSegments& list, const float* x, float* y, const float* residual, std::int64_t count,
                     std::int32_t length) {
    if (length != list.length) {
      flush(list);
      list.length = length;
    }
    const std::int32_t wide = tile_segments(length, blocks);
    const std::ptrdiff_t x_step = length * call.x_pixel, y_step = length * call.out.pixel;
    if (list.count == 0 && count >= wide) {
      const TileFn tile = find_tile(wide, length, blocks, call.out.last_lanes);
      for (std::int32_t s = 0; s < wide; ++s) {
        call.x[s] = x + s * x_step;
        call.out.y[s] = y + s * y_step;
        call.out.residual[s] = residual == nullptr ? nullptr : residual + s * y_step;
      }
      const std::int64_t tiles = count / wide;
      const std::int64_t pixels = wide * length;
      const std::int64_t most = has_activation() ? kActivatedAtOnce / (pixels * lanes()) : tiles;
      for (std::int64_t done = 0; done < tiles;) {
        const std::int64_t some = prefetch.give(call, tiles - done < most ? tiles - done : most);
        tile(call, some);
        if (has_activation()) activate_block(call.out, 1, static_cast<int>(some * pixels), lanes());
        for (std::int32_t s = 0; s < wide; ++s) {
          call.x[s] += some * pixels * call.x_pixel;
          call.out.y[s] += some * pixels * call.out.pixel;
          if (residual != nullptr) call.out.residual[s] += some * pixels * call.out.pixel;
        }
        done += some;
      }
      count -= tiles * wide;
      x = call.x[0];
      y = call.out.y[0];
      residual = call.out.residual[0];
    }
    for (; count > 0; --count, x += x_step, y += y_step) {
      list.x[list.count] = x;
      list.y[list.count] = y;
      list.residual[list.count] = residual;
      if (residual != nullptr) residual += y_step;
      if (++list.count == wide) flush(list);
    }
  }

  // `pixels` neighbours, in segments whose lengths differ by one at most.
  void push_run(const float* x, float* y, const float* residual, std::int64_t pixels) {
    if (pixels != cut_pixels || blocks != cut_blocks) cut(pixels);
    push_segments(pending[0], x, y, residual, extra, low + 1);
    const std::int64_t done = extra * (low + 1);
    push_segments(pending[1], x + done * call.x_pixel, y + done * call.out.pixel,
                  residual == nullptr ? nullptr : residual + done * call.out.pixel, segments - extra, low);
  }

  // The last cut is kept: a picture asks for the same one row after row, and divisions are slow.
  std::int64_t cut_pixels, segments, extra;
  std::int32_t cut_blocks, low;

  void cut(std::int64_t pixels) {
    const std::int64_t longest = kTuning.segment_pixels[blocks - 1];
    segments = (pixels + longest - 1) / longest;
    low = static_cast<std::int32_t>(pixels / segments);
    extra = pixels - low * segments;
    cut_pixels = pixels;
    cut_blocks = blocks;
  }
};

// Products of each piece of a sum over `depth`: see kPieceDepth.
static inline std::int64_t piece_depth(std::int64_t depth) {
  const std::int64_t pieces = (depth + kPieceDepth - 1) / kPieceDepth;
  if (pieces == 1) return depth;
  return (depth + pieces - 1) / pieces / 4 * 4 + 4;  // whole runs of 4 channels
}

// One to three rows: a tile of one panel would wait for its own sums, and the weights are used once or little more. So
// a few panels of `Blocks` stream side by side, from the one that begins at `column` on.
template <int Rows, int Panels, int Blocks>
static void wide_tile(const RowsCall& c, std::int64_t first_column) {
  constexpr int kWidth = Blocks * Vec::kLanes;
  const Epilogue& e = c.epilogue;
  OutputBlock out = {};
  out.y[0] = c.y + first_column;
  out.residual[0] = e.residual == nullptr ? nullptr : e.residual + first_column;
  out.pixel = c.y_stride;
  out.last_lanes = Vec::kLanes;
  out.activation = e.activation;
  const std::int64_t piece = piece_depth(c.depth);
  for (std::int64_t from = 0; from < c.depth; from += piece) {
    const std::int64_t end = c.depth - from < piece ? c.depth : from + piece;
    Vec sum[1][Rows][Blocks * Panels];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
      for (int b = 0; b < Blocks * Panels; ++b) {
        sum[0][i][b] = e.bias == nullptr || from > 0 ? zero() : load(e.bias + first_column + b * Vec::kLanes);
      }
    }
    const float* w = c.w + first_column * c.depth + from * kWidth;
    const std::int64_t stride = kWidth * c.depth;
    for (std::int64_t k = from; k < end; ++k, w += kWidth) {
#pragma GCC unroll 8
      for (int b = 0; b < Blocks * Panels; ++b) {
        const Vec weight = load(w + b / Blocks * stride + b % Blocks * Vec::kLanes);
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) sum[0][i][b] = mul_add(splat(c.x[i * c.x_stride + k]), weight, sum[0][i][b]);
      }
    }
    out.continued = from > 0;
    out.unfinished = end < c.depth;
    finish(out, sum);
  }
}

// Panels from `panel` on that have the usual width, are full and come three (two) at a time; returns the first
// one left.
static inline std::int64_t wide_rows(const RowsCall& c, const PanelCut& cut, std::int64_t panel) {
  constexpr int kBlocks = kTuning.panel_blocks;
  if (cut.blocks != kBlocks) return panel;
  const int panels = c.rows == 1 ? kTuning.panels_of_one_row : kTuning.panels_of_more_rows;
  const std::int64_t full = c.columns / (kBlocks * Vec::kLanes);
  std::int64_t end = cut.count < full ? cut.count : full;
  if (end > c.last_panel) end = c.last_panel;
  for (; panel + panels <= end; panel += panels) {
    const std::int64_t column = panel * kBlocks * Vec::kLanes;
    if (c.rows == 1) {
      wide_tile<1, kTuning.panels_of_one_row, kBlocks>(c, column);
    } else if (c.rows == 2) {
      wide_tile<2, kTuning.panels_of_more_rows, kBlocks>(c, column);
    } else {
      constexpr int kAtOnce = 3 * 2 * kBlocks < kRegisters ? 2 : 1;
      wide_tile<3, kAtOnce, kBlocks>(c, column);
      wide_tile<3, kTuning.panels_of_more_rows - kAtOnce, kBlocks>(c, column + kAtOnce * kBlocks * Vec::kLanes);
    }
  }
  return panel;
}

// Weights beyond this do not stay in L2 from one band to the next.
constexpr std::int64_t kResidentBytes = kNextBytes;

static inline void run_rows(const RowsCall& c) {
  const PanelCut cut = panel_cut(c.columns, Vec::kLanes, kTuning);
  std::int64_t panel = c.first_panel;
  if (c.rows <= 3 && c.codes == nullptr) panel = wide_rows(c, cut, panel);
  if (panel == c.last_panel) return;
  TileQueue queue = {};
  TileCall& t = queue.call;
  t.x_pixel = c.x_stride;
  t.out.pixel = c.y_stride;
  t.rows = t.taps = 1;
  t.out.activation = c.epilogue.activation;
  const std::int64_t bands = (c.rows * c.depth * 4 + kTuning.row_band_bytes - 1) / kTuning.row_band_bytes;
  const std::int64_t band =
      ((c.rows + bands - 1) / bands + kTuning.unit_pixels - 1) / kTuning.unit_pixels * kTuning.unit_pixels;
  const std::int64_t weight_bytes = c.codes == nullptr ? 4 : 1;
  const char* const weights =
      c.codes == nullptr ? reinterpret_cast<const char*>(c.w) : reinterpret_cast<const char*>(c.codes->weights);
  const auto bytes_before = [&](std::int64_t u) {
    return (panel_first_block(cut, u) * Vec::kLanes - c.left_columns) * c.depth * weight_bytes;
  };
  const std::int64_t all_bytes = bytes_before(c.last_panel) - bytes_before(panel);
  const bool resident = all_bytes <= kResidentBytes;
  for (std::int64_t row = 0; row < c.rows; row += band) {
    const std::int64_t count = c.rows - row < band ? c.rows - row : band;
    const bool last_band = row + band >= c.rows;
    for (std::int64_t u = panel; u < c.last_panel; ++u) {
      const std::int64_t column = panel_first_block(cut, u) * Vec::kLanes;
      const std::int64_t blocks = panel_blocks(cut, u);
      const std::int64_t width = blocks * Vec::kLanes;
      const std::int64_t lanes = c.columns - column - (blocks - 1) * Vec::kLanes;
      queue.start_panel(blocks, lanes, c.epilogue.bias == nullptr ? nullptr : c.epilogue.bias + column);
      const std::int64_t piece = piece_depth(c.depth);
      for (std::int64_t from = 0; from < c.depth; from += piece) {
        const std::int64_t depth = c.depth - from < piece ? c.depth - from : piece;
        const std::int64_t before = (column - c.left_columns) * c.depth + from * width;
        t.w = c.codes == nullptr
                  ? c.w + before
                  : decode(*c.codes, c.codes->weights + before, column, blocks, from, depth, c.codes->floats);
        t.depth = static_cast<std::int32_t>(depth);
        queue.set_piece(from > 0 || c.continued, from + depth < c.depth);
        // Pieces and panels follow tile_lines other in memory; after the last one comes the first again, for the next
        // band.
        PrefetchPlan& plan = queue.prefetch;
        plan = {};
        const std::int64_t piece_bytes = depth * width * weight_bytes;
        const std::int64_t done = before * weight_bytes + piece_bytes - bytes_before(panel);
        if (done < all_bytes && done >= kNextBytes && (row == 0 || !resident)) {
          plan.panel = weights + before * weight_bytes + piece_bytes;
          plan.panel_lines = (all_bytes - done < piece_bytes ? all_bytes - done : piece_bytes) / 64;
        } else if (done == all_bytes && !last_band && !resident) {
          plan.panel = weights + bytes_before(panel);
          plan.panel_lines = (all_bytes < piece_bytes ? all_bytes : piece_bytes) / 64;
        }
        if (last_band && c.next != nullptr) {
          const std::int64_t begin = done - piece_bytes;
          const std::int64_t lines = c.next_bytes / 64;
          const std::int64_t first = lines * begin / all_bytes;
          plan.next = c.next + first * 64;
          plan.next_lines = lines * done / all_bytes - first;
        }
        const std::int64_t pixels = tile_pixels(queue.blocks);
        plan.spread((count + pixels - 1) / pixels * (depth / 4));
        const std::int64_t at = row * c.y_stride + column;
        const float* const residual = c.epilogue.residual;
        queue.push_run(c.x + row * c.x_stride + from, c.y + at, residual == nullptr ? nullptr : residual + at, count);
        queue.flush();
      }
    }
  }
}

}  // namespace kite::KITE_TARGET
