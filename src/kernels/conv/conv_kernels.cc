// SPDX-License-Identifier: Apache-2.0
// The walk of a convolution over pictures, bands, groups, panels and tiles.
//
// A thread's share is a range of pixels times a range of panels. x is cut into bands that stay in L2; for each band the
// panels are walked in the outer loop, so that a panel is streamed once a band and x is read again from L2.
// No part of the walk touches the order of a sum: a tile runs over all rows of taps, taps and channels, or over one
// piece of them after the other, the sum so far waiting in y.
#include "kernels/conv/geometry.h"
#include "kernels/conv/planes.inl"
#include "kernels/conv/tiles.inl"
#include "kernels/kernel.h"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

struct ConvCall {
  const ConvParams& p;
  const ConvGeometry g;
  const float* x;
  const float* w;
  Epilogue epilogue;
  float* y;
  float* scratch;
  PanelCut cut;          // of one group's output channels
  std::int64_t panels;   // of one group
  std::int64_t weights;  // floats for each output channel
  const char* next;      // this thread's share of the next step's weights; null without a next step
  std::int64_t next_bytes;
  const Codes* codes;         // in place of w; null where the weights are floats
  std::int64_t weight_bytes;  // of a weight in memory
};

// One panel of one group.
struct PanelPlace {
  std::int64_t group, panel;
};

// Sets what belongs to a panel but its weights; returns its first output channel.
static std::int64_t start_panel(const ConvCall& c, PanelPlace place, TileQueue& queue) {
  const std::int64_t first = panel_first_block(c.cut, place.panel) * Vec::kLanes;
  const std::int64_t blocks = panel_blocks(c.cut, place.panel);
  const std::int64_t lanes = c.g.group_out - first - (blocks - 1) * Vec::kLanes;
  const std::int64_t channel = place.group * c.g.group_out + first;
  queue.start_panel(blocks, lanes, c.epilogue.bias == nullptr ? nullptr : c.epilogue.bias + channel);
  return channel;
}

// Output channels before a panel, those that fill up groups included.
static std::int64_t columns_before(const ConvCall& c, PanelPlace place) {
  return place.group * packed_width(c.g.group_out) + panel_first_block(c.cut, place.panel) * Vec::kLanes;
}

static float* put_zeros(float* to, std::int64_t count) {
  float* const end = to + count;
  for (; end - to >= Vec::kLanes; to += Vec::kLanes) store(to, zero());
  if (to < end) store_n(to, zero(), static_cast<int>(end - to));
  return end;
}

// `columns` neighbouring pixels of `depth` channels, from `stride` floats apart to `column` floats apart.
static float* put_pixels(float* to, const float* from, std::int64_t columns, std::int64_t depth, std::int64_t stride,
                         std::int64_t column) {
  if (depth == Vec::kLanes && column == depth) {
    for (std::int64_t i = 0; i < columns; ++i, from += stride, to += Vec::kLanes) store(to, load(from));
    return to;
  }
  const int tail = static_cast<int>(depth % Vec::kLanes);
  for (std::int64_t i = 0; i < columns; ++i, from += stride) {
    const float* pixel = from;
    for (std::int64_t left = depth; left >= Vec::kLanes; left -= Vec::kLanes, pixel += Vec::kLanes, to += Vec::kLanes) {
      store(to, load(pixel));
    }
    if (tail != 0) {
      store_n(to, load_n(pixel, tail), tail);
      to += tail;
    }
    to += column - depth;
  }
  return to;
}

// `columns` neighbouring pixels out of `depth` planes.
static float* put_planar(float* to, const float* from, std::int64_t columns, std::int64_t depth, std::int64_t plane,
                         std::int64_t column) {
  if (depth == 3 && column == depth) {  // a picture
    const float* green = from + plane;
    const float* blue = green + plane;
    for (std::int64_t i = 0; i < columns; ++i, to += 3) {
      to[0] = from[i];
      to[1] = green[i];
      to[2] = blue[i];
    }
    return to;
  }
  for (std::int64_t i = 0; i < columns; ++i) {
    for (std::int64_t channel = 0; channel < depth; ++channel) to[channel] = from[channel * plane + i];
    to += column;
  }
  return to;
}

// Input rows [first, last) of one picture and group into scratch, with columns from -pad_left on; outside is zero. Out
// of line, and with numbers of its own: the walk around it leaves it no registers.
__attribute__((noinline)) static void fill_band(const ConvCall& c, const float* picture, std::int64_t group,
                                                std::int64_t first, std::int64_t last) {
  const std::int64_t in_w = c.p.in_w, in_c = c.p.in_c, depth = c.g.group_in, column = c.g.column;
  const std::int64_t left = c.p.pad_left < c.g.band_w ? c.p.pad_left : c.g.band_w;
  const std::int64_t inside = c.g.band_w - left < in_w ? c.g.band_w - left : in_w;
  const std::int64_t zeros_before = left * column, zeros_after = (c.g.band_w - left - inside) * column;
  const std::int64_t plane = static_cast<std::int64_t>(c.p.in_h) * in_w;
  const bool planar = c.p.input_planar != 0;
  const std::int64_t row_floats = planar ? in_w : in_w * in_c;
  const float* from = picture + group * depth * (planar ? plane : 1) + first * row_floats;
  float* to = c.scratch;
  for (std::int64_t row = first; row < last; ++row, from += row_floats) {
    to = put_zeros(to, zeros_before);
    to =
        planar ? put_planar(to, from, inside, depth, plane, column) : put_pixels(to, from, inside, depth, in_c, column);
    to = put_zeros(to, zeros_after);
  }
}

// A part of the weights of one panel: tap rows [row, row + rows), all of their taps and channels, or of one tap the
// channels [from, from + depth). `offset`: floats of the panel before it.
struct Piece {
  std::int64_t row, rows, tap, taps, from, depth, offset;
};

// The pieces of a panel of `width` columns in the order of its memory: all of it where that is short enough, else a row
// of taps each, else shares of a tap (of a row of taps where those are merged).
struct PieceList {
  std::int64_t kernel_h, taps, depth, width;
  std::int64_t cut;  // 0: one piece, 1: rows of taps, 2: channels
  std::int64_t step;

  PieceList(std::int64_t kernel_rows, std::int64_t tap_count, std::int64_t tap_depth, std::int64_t columns)
      : kernel_h(kernel_rows), taps(tap_count), depth(tap_depth), width(columns), cut(0), step(tap_depth) {
    const std::int64_t row = taps * depth;
    if (row * kernel_h <= kPieceDepth) return;
    cut = row <= kPieceDepth ? 1 : 2;
    if (cut == 2) step = piece_depth(depth);
  }
  Piece first() const {
    return {0, cut == 0 ? kernel_h : 1, 0, cut == 2 ? 1 : taps, 0, cut == 2 && step < depth ? step : depth, 0};
  }
  // False after the last one.
  bool next(Piece& piece) const {
    piece.offset += piece.rows * piece.taps * piece.depth * width;
    if (cut == 2) {
      piece.from += piece.depth;
      if (piece.from < depth) {
        piece.depth = depth - piece.from < step ? depth - piece.from : step;
        return true;
      }
      piece.from = 0;
      piece.depth = step < depth ? step : depth;
      if (++piece.tap < taps) return true;
      piece.tap = 0;
    }
    piece.row += piece.rows;
    return piece.row < kernel_h;
  }
};

// The floats of a piece of a panel: `before` weights lie before it.
static inline const float* piece_weights(const ConvCall& c, PanelPlace place, const Piece& piece, std::int64_t before,
                                         std::int64_t blocks) {
  if (c.codes == nullptr) return c.w + before;
  return decode(*c.codes, c.codes->weights + before, columns_before(c, place), blocks, piece.from,
                piece.rows * piece.taps * piece.depth, c.codes->floats);
}

// What the tiles of one piece fetch ahead: the weights after it, which begin at `after`, and in the last band a part of
// the next step's weights. `done`, `all`: bytes of this share's weights up to the end of the piece, and altogether.
static void plan_prefetch(const ConvCall& c, const char* after, std::int64_t done, std::int64_t all, std::int64_t bytes,
                          std::int64_t rows, bool last_band, TileQueue& queue) {
  PrefetchPlan& plan = queue.prefetch;
  plan = {};
  const TileCall& t = queue.call;
  if (done < all && done >= kNextBytes) {
    plan.panel = after;
    plan.panel_lines = (all - done < bytes ? all - done : bytes) / 64;
  }
  if (last_band && c.next_bytes > 0) {
    const std::int64_t lines = c.next_bytes / 64;
    const std::int64_t first = lines * (done - bytes) / all;
    plan.next = c.next + first * 64;
    plan.next_lines = lines * done / all - first;
  }
  if (plan.panel_lines + plan.next_lines == 0) return;
  const std::int64_t pixels = tile_pixels(queue.blocks);
  const std::int64_t chunks = static_cast<std::int64_t>(t.rows) * t.taps * (t.depth / 4);
  plan.spread((rows * c.p.out_w + pixels - 1) / pixels * chunks);
}

// One piece of one panel over the output rows [begin, end): base is input row `origin`, `row` floats a row.
static void run_piece(const ConvCall& c, const Piece& piece, const float* base, std::int64_t origin, std::int64_t row,
                      std::int64_t first_y, Range rows, TileQueue& queue) {
  const ConvParams& p = c.p;
  TileCall& t = queue.call;
  const float* panel = t.w;
  const std::int64_t tap_row_weights = piece.taps * piece.depth * queue.blocks * Vec::kLanes;
  const bool first_channels = piece.tap == 0 && piece.from == 0;
  const bool last_channels = piece.tap + piece.taps == c.g.taps && piece.from + piece.depth == c.g.tap_depth;
  Range current = {-1, -1};
  for (std::int64_t q = rows.begin; q < rows.end; ++q) {
    const Range inside = rows_inside(p, q);
    // The rows of taps of this piece that lie inside the picture.
    Range taken = {inside.begin > piece.row ? inside.begin : piece.row,
                   inside.end < piece.row + piece.rows ? inside.end : piece.row + piece.rows};
    const bool empty = taken.begin >= taken.end;
    // A row that sees nothing but padding still gets its bias, from the first piece.
    if (empty && !(inside.begin >= inside.end && piece.row == 0 && first_channels)) continue;
    if (empty) taken = {piece.row, piece.row};
    const bool continued = !empty && !(taken.begin == inside.begin && first_channels);
    const bool unfinished = !empty && !(taken.end == inside.end && last_channels);
    if (taken.begin != current.begin || taken.end != current.end || continued != t.out.continued ||
        unfinished != t.out.unfinished) {
      queue.flush();
      current = taken;
      t.rows = static_cast<std::int32_t>(taken.end - taken.begin);
      t.w = panel + (taken.begin - piece.row) * tap_row_weights;
      queue.set_piece(continued, unfinished);
    }
    const std::int64_t top = t.rows == 0 ? origin : q * p.stride_h - p.pad_top + taken.begin * p.dilation_h;
    const std::int64_t at = first_y + q * p.out_w * p.out_c;
    const float* const residual = c.epilogue.residual;
    queue.push_run(base + (top - origin) * row, c.y + at, residual == nullptr ? nullptr : residual + at, p.out_w);
  }
  queue.flush();
}

// Output rows [begin, end) of picture n.
static void run_band(const ConvCall& c, std::int64_t n, Range rows, Range units, bool last_band, TileQueue& queue) {
  const ConvParams& p = c.p;
  const ConvGeometry& g = c.g;
  TileCall& t = queue.call;
  const float* picture = c.x + n * p.in_h * p.in_w * p.in_c;
  std::int64_t first = rows.begin * p.stride_h - p.pad_top;
  std::int64_t last =
      (rows.end - 1) * p.stride_h - p.pad_top + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  if (first < 0) first = 0;
  if (first > p.in_h) first = p.in_h;
  if (last > p.in_h) last = p.in_h;
  // Floats between columns and rows of what the tiles read.
  const std::int64_t column = g.banded ? g.column : p.in_c;
  const std::int64_t row = g.banded ? g.band_w * column : p.in_w * column;
  t.x_pixel = p.stride_w * column;
  t.x_row = p.dilation_h * row;
  t.x_tap = p.dilation_w * column;
  PanelPlace place = {units.begin / c.panels, 0};
  place.panel = units.begin - place.group * c.panels;
  const auto weights_before = [&c](PanelPlace at) { return columns_before(c, at) * c.weights; };
  const std::int64_t before = weights_before(place);
  const std::int64_t all = weights_before({units.end / c.panels, units.end % c.panels}) - before;
  const char* const all_weights =
      c.codes == nullptr ? reinterpret_cast<const char*>(c.w) : reinterpret_cast<const char*>(c.codes->weights);
  std::int64_t filled = -1;
  for (std::int64_t u = units.begin; u < units.end; ++u) {
    const std::int64_t group = place.group;
    if (g.banded && group != filled) {
      fill_band(c, picture, group, first, last);
      filled = group;
    }
    const float* base = g.banded ? c.scratch : picture + group * g.group_in;
    const std::int64_t origin = g.banded ? first : 0;  // the input row at base
    const std::int64_t channel = start_panel(c, place, queue);
    const std::int64_t panel = weights_before(place);
    const PieceList pieces(p.kernel_h, g.taps, g.tap_depth, queue.blocks * Vec::kLanes);
    Piece piece = pieces.first();
    do {
      t.w = piece_weights(c, place, piece, panel + piece.offset, queue.blocks);
      t.rows = static_cast<std::int32_t>(piece.rows);
      t.taps = static_cast<std::int32_t>(piece.taps);
      t.depth = static_cast<std::int32_t>(piece.depth);
      const std::int64_t weights = piece.rows * piece.taps * piece.depth * pieces.width;
      const std::int64_t end = panel + piece.offset + weights;
      plan_prefetch(c, all_weights + end * c.weight_bytes, (end - before) * c.weight_bytes, all * c.weight_bytes,
                    weights * c.weight_bytes, rows.end - rows.begin, last_band, queue);
      run_piece(c, piece, base + piece.tap * t.x_tap + piece.from, origin, row,
                n * p.out_h * p.out_w * p.out_c + channel, rows, queue);
    } while (pieces.next(piece));
    if (++place.panel == c.panels) place = {group + 1, 0};
  }
}

// Input rows [first, last) of a picture's planes into scratch: [row][plane][g.band_w], columns outside are zero.
__attribute__((noinline)) static void copy_planes(const ConvCall& c, const float* picture, std::int64_t first,
                                                  std::int64_t last) {
  const std::int64_t in_w = c.p.in_w, plane = c.p.in_h * in_w;
  const std::int64_t left = c.p.pad_left < c.g.band_w ? c.p.pad_left : c.g.band_w;
  const std::int64_t inside = c.g.band_w - left < in_w ? c.g.band_w - left : in_w;
  float* to = c.scratch;
  for (std::int64_t row = first; row < last; ++row) {
    for (int i = 0; i < 3; ++i) {
      const float* from = picture + i * plane + row * in_w;
      to = put_zeros(to, left);
      to = put_pixels(to, from, 1, inside, 0, inside);
      to = put_zeros(to, c.g.band_w - left - inside);
    }
  }
}

// Output rows of picture n, straight from its planes.
static void run_band_of_planes(const ConvCall& c, std::int64_t n, Range rows, Range units, TileQueue& queue) {
  const ConvParams& p = c.p;
  TileCall& t = queue.call;
  std::int64_t first = rows.begin * p.stride_h - p.pad_top, last = (rows.end - 1) * p.stride_h - p.pad_top + p.kernel_h;
  if (first < 0) first = 0;
  if (first > p.in_h) first = p.in_h;
  if (last > p.in_h) last = p.in_h;
  copy_planes(c, c.x + n * p.in_h * p.in_w * 3, first, last);
  const std::int64_t row = 3 * c.g.band_w, depth = 3 * static_cast<std::int64_t>(p.kernel_w);
  t.x_pixel = p.stride_w;
  t.x_row = row;
  t.taps = p.kernel_w;
  queue.set_piece(false, false);
  for (std::int64_t u = units.begin; u < units.end; ++u) {
    const std::int64_t channel = start_panel(c, {0, u}, queue);
    const std::int64_t before = columns_before(c, {0, u}) * c.weights;
    std::int64_t blocks = queue.blocks, second = 0;
    const std::int64_t width = blocks * Vec::kLanes;
    const Piece all = {0, p.kernel_h, 0, 1, 0, depth, 0};
    const float* const panel = piece_weights(c, {0, u}, all, before, blocks);
    if (blocks == 2 && c.codes == nullptr && u + 1 < units.end && panel_blocks(c.cut, u + 1) == 2) {
      start_panel(c, {0, ++u}, queue);  // for the lanes of its last block
      blocks = 4;
      queue.bias.set(c.epilogue.bias == nullptr ? nullptr : c.epilogue.bias + channel, 4, t.out.last_lanes);
      second = width * c.weights;
    }
    for (std::int64_t q = rows.begin; q < rows.end; ++q) {
      const Range inside = rows_inside(p, q);
      t.rows = static_cast<std::int32_t>(inside.end - inside.begin);
      t.w = panel + inside.begin * depth * width;
      const std::int64_t top = t.rows == 0 ? first : q * p.stride_h - p.pad_top + inside.begin;
      for (int i = 0; i < 3; ++i) t.x[i] = c.scratch + (top - first) * row + i * c.g.band_w;
      const std::int64_t at = (n * p.out_h + q) * p.out_w * p.out_c + channel;
      t.out.y[0] = c.y + at;
      plane_row_of(t, static_cast<int>(blocks), second, p.out_w);
    }
  }
}

// A 1x1 convolution over every pixel is a matrix product.
static void run_flat(const ConvCall& c, Range pixels, Range units) {
  RowsCall rows = {};
  rows.x = c.x + pixels.begin * c.p.in_c;
  rows.w = c.w;
  rows.epilogue = c.epilogue;
  if (c.epilogue.residual != nullptr) rows.epilogue.residual += pixels.begin * c.p.out_c;
  rows.y = c.y + pixels.begin * c.p.out_c;
  rows.rows = pixels.end - pixels.begin;
  rows.depth = c.p.in_c;
  rows.columns = c.p.out_c;
  rows.x_stride = c.p.in_c;
  rows.y_stride = c.p.out_c;
  rows.first_panel = units.begin;
  rows.last_panel = units.end;
  rows.next = c.next;
  rows.next_bytes = c.next_bytes;
  rows.codes = c.codes;
  run_rows(rows);
}

void conv_f32(const KernelCall& call);
void conv_f32(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const ConvWalk& walk = *static_cast<const ConvWalk*>(call.prepared);
  const ConvGeometry g = walk.geometry;  // copies, which registers can hold
  const PanelCut cut = walk.cut;
  const std::int64_t panels = walk.panels, unit = walk.unit, pixel_units = walk.pixel_units;
  const ConvSplit split = walk.split;
  const Range units = share(p.groups * panels, call.share % split.channels, split.channels);
  Range pixels = share(pixel_units, call.share / split.channels, split.pixels);
  if (units.begin == units.end || pixels.begin == pixels.end) return;

  const Range next = share(static_cast<std::int64_t>(call.next_weights_bytes), call.share, call.shares);
  const std::int64_t next_bytes = next.end - next.begin < kNextBytes ? next.end - next.begin : kNextBytes;
  const ConvCall c = {p,
                      g,
                      static_cast<const float*>(call.in[0]),
                      static_cast<const float*>(call.in[1]),
                      epilogue_of(call, p.activation),
                      static_cast<float*>(call.out[0]),
                      static_cast<float*>(call.scratch),
                      cut,
                      panels,
                      p.kernel_h * p.kernel_w * g.group_in,
                      call.next_weights == nullptr ? nullptr : static_cast<const char*>(call.next_weights) + next.begin,
                      next_bytes,
                      call.codes,
                      call.codes == nullptr ? 4 : 1};
  if (g.flat) {
    pixels.begin *= unit;
    pixels.end = pixels.end == pixel_units ? g.pixels : pixels.end * unit;
    run_flat(c, pixels, units);
    return;
  }
  const bool planes = g.planes && c.epilogue.residual == nullptr;
  TileQueue queue = {};
  queue.call.out.pixel = p.out_c;
  queue.call.out.activation = p.activation;
  while (pixels.begin < pixels.end) {
    const std::int64_t n = pixels.begin / p.out_h;
    const std::int64_t row = pixels.begin - n * p.out_h;
    std::int64_t count = pixels.end - pixels.begin;
    if (count > p.out_h - row) count = p.out_h - row;
    if (count > g.band_out_rows) count = g.band_out_rows;
    if (kTuning.reads_planes && planes) {
      run_band_of_planes(c, n, {row, row + count}, units, queue);
    } else {
      run_band(c, n, {row, row + count}, units, pixels.begin + count == pixels.end, queue);
    }
    pixels.begin += count;
  }
}

void multiply_rows(const RowsCall& call) { run_rows(call); }

}  // namespace kite::KITE_TARGET
