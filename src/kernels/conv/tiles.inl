// SPDX-License-Identifier: Apache-2.0
// From pixels to register tiles: runs of pixels are cut into segments, segments are gathered into tiles, and the rows of a
// matrix are walked panel by panel. Included by <isa>.cc after simd/tile.inl and conv/geometry.inl.
#include "kernels/simd/rows_call.h"

namespace kite::KITE_ISA {

struct Range {
  std::int64_t begin, end;
};
static inline Range share(std::int64_t total, std::int64_t part, std::int64_t parts) {
  return {total * part / parts, total * (part + 1) / parts};
}

// What the tiles of one panel fetch into L2 while they compute: first the panel that comes next, then a piece of the next
// step's weights. One line costs one load slot of the many that a tile leaves free.
struct PrefetchPlan {
  const char* panel;
  std::int64_t panel_lines;
  const char* next;
  std::int64_t next_lines;
  std::int32_t lines;  // for each 4 channels

  // Spreads both over `chunks` runs of 4 channels.
  void spread(std::int64_t chunks) {
    const std::int64_t all = panel_lines + next_lines + chunks - 1;
    const std::int64_t each = chunks > 0 ? all / chunks : 0;
    lines = static_cast<std::int32_t>(each < 4 ? each : 4);
  }

  void give(TileCall& t) {
    t.prefetch_lines = 0;
    const std::int64_t used = static_cast<std::int64_t>(t.rows) * t.taps * (t.depth / 4) * lines;
    if (panel_lines > 0) {
      t.prefetch_lines = lines;
      t.prefetch = panel;
      panel += used * 64;
      panel_lines -= used;
    } else if (next_lines > 0) {
      t.prefetch_lines = lines;
      t.prefetch = next;
      next += used * 64;
      next_lines -= used;
    }
  }
};

// Collects segments of equal length into tiles.
struct TileQueue {
  TileCall call;
  PrefetchPlan prefetch;
  std::int32_t blocks, pending, length;

  void flush() {
    if (pending == 0) return;
    prefetch.give(call);
    if (pending != 3) {
      find_tile(pending, length, blocks)(call);
    } else {
      find_tile(2, length, blocks)(call);
      TileCall last = call;
      last.prefetch_lines = 0;
      last.x[0] = call.x[2];
      last.y[0] = call.y[2];
      last.residual[0] = call.residual[2];
      find_tile(1, length, blocks)(last);
    }
    pending = 0;
  }

  void push(const float* x, float* y, const float* residual, std::int32_t segment) {
    if (segment != length) {
      flush();
      length = segment;
    }
    call.x[pending] = x;
    call.y[pending] = y;
    call.residual[pending] = residual;
    if (++pending == kTileSegments[blocks - 1]) flush();
  }

  // `pixels` neighbours, in segments whose lengths differ by one at most.
  void push_run(const float* x, float* y, const float* residual, std::int64_t pixels) {
    if (pixels != cut_pixels || blocks != cut_blocks) cut(pixels);
    for (std::int64_t i = 0; i < segments; ++i) {
      const std::int32_t now = i < extra ? low + 1 : low;
      push(x, y, residual, now);
      x += now * call.x_pixel;
      y += now * call.y_pixel;
      if (residual != nullptr) residual += now * call.y_pixel;
    }
  }

  // The last cut is kept: a picture asks for the same one row after row, and divisions are dear.
  std::int64_t cut_pixels, segments;
  std::int32_t cut_blocks, low, extra;

  void cut(std::int64_t pixels) {
    const std::int64_t longest = kTileLength[blocks - 1];
    segments = (pixels + longest - 1) / longest;
    low = static_cast<std::int32_t>(pixels / segments);
    extra = static_cast<std::int32_t>(pixels - low * segments);
    cut_pixels = pixels;
    cut_blocks = blocks;
  }
};

// One to three rows: a tile two blocks wide would wait for its own sums, and the weights are used once or little more. So
// four panels (or two) stream side by side.
template <int Rows, int Panels>
static void wide_tile(const RowsCall& c, std::int64_t panel) {
  constexpr int kWidth = 2 * Vec::kLanes;
  Vec sum[Rows][2 * Panels];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int b = 0; b < 2 * Panels; ++b) sum[i][b] = zero();
  }
  const float* w = c.w + panel * kWidth * c.depth;
  const std::int64_t stride = kWidth * c.depth;
  for (std::int64_t k = 0; k < c.depth; ++k, w += kWidth) {
#pragma GCC unroll 8
    for (int b = 0; b < 2 * Panels; ++b) {
      const Vec weight = load(w + b / 2 * stride + b % 2 * Vec::kLanes);
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i) sum[i][b] = mul_add(splat(c.x[i * c.x_stride + k]), weight, sum[i][b]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int b = 0; b < 2 * Panels; ++b) {
      const std::int64_t column = panel * kWidth + b * Vec::kLanes;
      Vec value = sum[i][b];
      if (c.bias != nullptr) value = add(value, load(c.bias + column));
      if (c.residual != nullptr) value = add(value, load(c.residual + i * c.y_stride + column));
      store(c.y + i * c.y_stride + column, activate(value, c.activation, c.activation_a, c.activation_b));
    }
  }
}

// Panels from `panel` on that are full and come four (two) at a time; returns the first one left.
static inline std::int64_t wide_rows(const RowsCall& c, std::int64_t panel) {
  constexpr bool kMany = Vec::kRegisters == 32;
  const int panels = kMany || c.rows == 1 ? 4 : 2;
  const std::int64_t full = c.columns / (2 * Vec::kLanes);
  // The last panel may hold three blocks; it and what is not full is left to the caller.
  const bool three = panel_blocks(c.columns, Vec::kLanes, panel_count(c.columns, Vec::kLanes) - 1) == 3;
  std::int64_t end = three ? panel_count(c.columns, Vec::kLanes) - 1 : full;
  if (end > c.last_panel) end = c.last_panel;
  for (; panel + panels <= end; panel += panels) {
    if (c.rows == 1) {
      wide_tile<1, 4>(c, panel);
    } else if (c.rows == 2) {
      wide_tile<2, kMany ? 4 : 2>(c, panel);
    } else {
      wide_tile<3, kMany ? 4 : 2>(c, panel);
    }
  }
  return panel;
}

// At most this much of the next step's weights is worth fetching early: more would push out what this step uses. A step
// expects that the one before it has done so.
constexpr std::int64_t kNextBytes = 768 * 1024;

// Rows in bands that leave room in L2 for the panels that stream by: half of the smallest L2 in use (1 MB).
constexpr std::int64_t kRowBandBytes = 512 * 1024;
// Weights beyond this do not stay in L2 from one band to the next.
constexpr std::int64_t kResidentBytes = 768 * 1024;

static inline void run_rows(const RowsCall& c) {
  std::int64_t panel = c.first_panel;
  if (c.rows <= 3) panel = wide_rows(c, panel);
  if (panel == c.last_panel) return;
  TileQueue queue = {};
  TileCall& t = queue.call;
  t.x_pixel = c.x_stride;
  t.y_pixel = c.y_stride;
  t.rows = t.taps = 1;
  t.depth = static_cast<std::int32_t>(c.depth);
  t.activation = c.activation;
  t.activation_a = c.activation_a;
  t.activation_b = c.activation_b;
  const std::int64_t unit = 2 * kTileLength[1];
  const std::int64_t bands = (c.rows * c.depth * 4 + kRowBandBytes - 1) / kRowBandBytes;
  const std::int64_t band = ((c.rows + bands - 1) / bands + unit - 1) / unit * unit;
  const std::int64_t panel_bytes = 2 * Vec::kLanes * c.depth * 4;
  const bool resident = (c.last_panel - panel) * panel_bytes <= kResidentBytes;
  for (std::int64_t row = 0; row < c.rows; row += band) {
    const std::int64_t count = c.rows - row < band ? c.rows - row : band;
    const bool last_band = row + band >= c.rows;
    const std::int64_t chunks = (count + unit - 1) / unit * (c.depth / 4);
    for (std::int64_t u = panel; u < c.last_panel; ++u) {
      const std::int64_t column = u * 2 * Vec::kLanes;
      const std::int64_t blocks = panel_blocks(c.columns, Vec::kLanes, u);
      const std::int64_t lanes = c.columns - column - (blocks - 1) * Vec::kLanes;
      queue.blocks = static_cast<std::int32_t>(blocks);
      t.last_lanes = static_cast<std::int32_t>(lanes < Vec::kLanes ? lanes : Vec::kLanes);
      t.w = c.w + column * c.depth;
      t.bias = c.bias == nullptr ? nullptr : c.bias + column;
      PrefetchPlan& plan = queue.prefetch;
      plan = {};
      if (u + 1 < c.last_panel && (u + 1 - panel) * panel_bytes >= kNextBytes && (row == 0 || !resident)) {
        plan.panel = reinterpret_cast<const char*>(t.w + blocks * Vec::kLanes * c.depth);
        plan.panel_lines = panel_bytes / 64;
      } else if (u + 1 == c.last_panel && !last_band && !resident) {
        plan.panel = reinterpret_cast<const char*>(c.w + panel * 2 * Vec::kLanes * c.depth);
        plan.panel_lines = panel_bytes / 64;
      }
      if (last_band && c.next != nullptr) {
        const Range piece = share(c.next_bytes / 64, u - panel, c.last_panel - panel);
        plan.next = c.next + piece.begin * 64;
        plan.next_lines = piece.end - piece.begin;
      }
      plan.spread(chunks);
      const std::int64_t at = row * c.y_stride + column;
      queue.push_run(c.x + row * c.x_stride, c.y + at, c.residual == nullptr ? nullptr : c.residual + at, count);
      queue.flush();
    }
  }
}

}  // namespace kite::KITE_ISA
