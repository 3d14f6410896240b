// SPDX-License-Identifier: Apache-2.0
// The walk of a convolution over pictures, bands, groups, panels and tiles. Included by <isa>.cc after conv/tiles.inl.
//
// A thread's share is a range of pixels times a range of panels. x is cut into bands that stay in L2; for each band the
// panels are walked in the outer loop, so that a panel is streamed once a band and x is read again from L2.
// No part of the walk touches the order of a sum: a tile always runs over all rows of taps, taps and channels.
#include "kernels/kernel.h"

namespace kite::KITE_ISA {

struct ConvCall {
  const ConvParams& p;
  const ConvGeometry g;
  const float* x;
  const float* w;
  const float* bias;
  const float* residual;
  float* y;
  float* scratch;
  std::int64_t panels;  // of one group
  const char* next;     // this thread's share of the next step's weights; null where there is none
  std::int64_t next_bytes;
};

// Sets what belongs to panel `unit` (counted over all groups); returns its first output channel.
static std::int64_t start_panel(const ConvCall& c, std::int64_t unit, TileQueue& queue) {
  const std::int64_t group = unit / c.panels;
  const std::int64_t panel = unit - group * c.panels;
  const std::int64_t first = panel * 2 * Vec::kLanes;
  const std::int64_t blocks = panel_blocks(c.g.group_out, Vec::kLanes, panel);
  const std::int64_t weights = static_cast<std::int64_t>(c.p.kernel_h) * c.p.kernel_w * c.g.group_in;
  const std::int64_t lanes = c.g.group_out - first - (blocks - 1) * Vec::kLanes;
  queue.blocks = static_cast<std::int32_t>(blocks);
  queue.call.last_lanes = static_cast<std::int32_t>(lanes < Vec::kLanes ? lanes : Vec::kLanes);
  queue.call.w = c.w + (group * packed_width(c.g.group_out) + first) * weights;
  const std::int64_t channel = group * c.g.group_out + first;
  queue.call.bias = c.bias == nullptr ? nullptr : c.bias + channel;
  return channel;
}

// Input rows [first, last) of one picture and group into scratch, with columns from -pad_left on; outside is zero.
static void fill_band(const ConvCall& c, const float* picture, std::int64_t group, std::int64_t first, std::int64_t last) {
  const std::int64_t depth = c.g.group_in;
  const std::int64_t left = c.p.pad_left < c.g.band_w ? c.p.pad_left : c.g.band_w;
  std::int64_t inside = c.g.band_w - left;
  if (inside > c.p.in_w) inside = c.p.in_w;
  float* to = c.scratch;
  for (std::int64_t row = first; row < last; ++row) {
    for (std::int64_t i = 0; i < left * depth; ++i) *to++ = 0.0f;
    if (c.p.input_planar != 0) {
      const std::int64_t plane = static_cast<std::int64_t>(c.p.in_h) * c.p.in_w;
      const float* from = picture + group * depth * plane + row * c.p.in_w;
      for (std::int64_t column = 0; column < inside; ++column) {
        for (std::int64_t channel = 0; channel < depth; ++channel) *to++ = from[channel * plane + column];
      }
    } else {
      const float* from = picture + row * c.p.in_w * c.p.in_c + group * depth;
      for (std::int64_t column = 0; column < inside; ++column, from += c.p.in_c, to += depth) {
        std::int64_t channel = 0;
        for (; channel + Vec::kLanes <= depth; channel += Vec::kLanes) store(to + channel, load(from + channel));
        for (; channel < depth; ++channel) to[channel] = from[channel];
      }
    }
    for (std::int64_t i = 0; i < (c.g.band_w - left - inside) * depth; ++i) *to++ = 0.0f;
  }
}

// The rows of taps of output row p that lie inside the picture.
static Range rows_inside(const ConvParams& p, std::int64_t out_row) {
  const std::int64_t top = out_row * p.stride_h - p.pad_top;
  Range r = {0, p.kernel_h};
  if (top < 0) r.begin = (-top + p.dilation_h - 1) / p.dilation_h;
  if (top >= p.in_h) return {0, 0};
  const std::int64_t fitting = (p.in_h - 1 - top) / p.dilation_h + 1;
  if (fitting < r.end) r.end = fitting;
  if (r.begin >= r.end) return {0, 0};
  return r;
}

// What the tiles of panel `unit` fetch ahead: the panel after it, and a piece of the next step's weights in the last band.
static void plan_prefetch(const ConvCall& c, std::int64_t unit, std::int64_t rows, Range units, bool last_band,
                          TileQueue& queue) {
  PrefetchPlan& plan = queue.prefetch;
  plan = {};
  const std::int64_t weights = static_cast<std::int64_t>(c.p.kernel_h) * c.p.kernel_w * c.g.group_in;
  const std::int64_t ahead = (unit + 1 - units.begin) * 2 * Vec::kLanes * weights * 4;
  if (unit + 1 < units.end && ahead >= kNextBytes) {
    TileQueue after = {};
    start_panel(c, unit + 1, after);
    plan.panel = reinterpret_cast<const char*>(after.call.w);
    plan.panel_lines = after.blocks * Vec::kLanes * weights * 4 / 64;
  }
  if (last_band && c.next != nullptr) {
    const Range piece = share(c.next_bytes / 64, unit - units.begin, units.end - units.begin);
    plan.next = c.next + piece.begin * 64;
    plan.next_lines = piece.end - piece.begin;
  }
  const std::int64_t tile_pixels = kTileSegments[queue.blocks - 1] * kTileLength[queue.blocks - 1];
  const std::int64_t chunks = static_cast<std::int64_t>(c.p.kernel_h) * queue.call.taps * (queue.call.depth / 4);
  plan.spread((rows * c.p.out_w + tile_pixels - 1) / tile_pixels * chunks);
}

// Output rows [begin, end) of picture n.
static void run_band(const ConvCall& c, std::int64_t n, Range rows, Range units, bool last_band, TileQueue& queue) {
  const ConvParams& p = c.p;
  const ConvGeometry& g = c.g;
  TileCall& t = queue.call;
  const float* picture = c.x + n * p.in_h * p.in_w * p.in_c;
  std::int64_t first = rows.begin * p.stride_h - p.pad_top;
  std::int64_t last = (rows.end - 1) * p.stride_h - p.pad_top + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  if (first < 0) first = 0;
  if (first > p.in_h) first = p.in_h;
  if (last > p.in_h) last = p.in_h;
  // Floats between columns and rows of what the tiles read.
  const std::int64_t column = g.banded ? g.group_in : p.in_c;
  const std::int64_t row = g.banded ? g.band_w * column : p.in_w * column;
  t.x_pixel = p.stride_w * column;
  t.x_row = p.dilation_h * row;
  t.x_tap = p.dilation_w * column;
  t.taps = g.merged ? 1 : p.kernel_w;
  t.depth = static_cast<std::int32_t>(g.merged ? p.kernel_w * g.group_in : g.group_in);
  std::int64_t filled = -1;
  for (std::int64_t u = units.begin; u < units.end; ++u) {
    const std::int64_t group = u / c.panels;
    if (g.banded && group != filled) {
      fill_band(c, picture, group, first, last);
      filled = group;
    }
    const float* base = g.banded ? c.scratch : picture + group * g.group_in;
    const std::int64_t origin = g.banded ? first : 0;  // the input row at base
    const std::int64_t channel = start_panel(c, u, queue);
    const float* panel = t.w;
    plan_prefetch(c, u, rows.end - rows.begin, units, last_band, queue);
    const std::int64_t tap_row_weights = p.kernel_w * g.group_in * queue.blocks * Vec::kLanes;
    Range current = {-1, -1};
    for (std::int64_t q = rows.begin; q < rows.end; ++q) {
      const Range inside = rows_inside(p, q);
      if (inside.begin != current.begin || inside.end != current.end) {
        queue.flush();
        current = inside;
        t.rows = static_cast<std::int32_t>(inside.end - inside.begin);
        t.w = panel + inside.begin * tap_row_weights;
      }
      const std::int64_t top = t.rows == 0 ? origin : q * p.stride_h - p.pad_top + inside.begin * p.dilation_h;
      const std::int64_t at = ((n * p.out_h + q) * p.out_w) * p.out_c + channel;
      queue.push_run(base + (top - origin) * row, c.y + at, c.residual == nullptr ? nullptr : c.residual + at, p.out_w);
    }
    queue.flush();
  }
}

// A 1x1 convolution over every pixel is a matrix product.
static void run_flat(const ConvCall& c, Range pixels, Range units) {
  RowsCall rows = {};
  rows.x = c.x + pixels.begin * c.p.in_c;
  rows.w = c.w;
  rows.bias = c.bias;
  rows.residual = c.residual == nullptr ? nullptr : c.residual + pixels.begin * c.p.out_c;
  rows.y = c.y + pixels.begin * c.p.out_c;
  rows.rows = pixels.end - pixels.begin;
  rows.depth = c.p.in_c;
  rows.columns = c.p.out_c;
  rows.x_stride = c.p.in_c;
  rows.y_stride = c.p.out_c;
  rows.first_panel = units.begin;
  rows.last_panel = units.end;
  rows.activation = c.p.activation;
  rows.activation_a = c.p.activation_a;
  rows.activation_b = c.p.activation_b;
  rows.next = c.next;
  rows.next_bytes = c.next_bytes;
  run_rows(rows);
}

static void conv(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const ConvGeometry g = conv_geometry(p);
  const std::int64_t tile_pixels = 2 * kTileLength[1];
  const std::int64_t panels = panel_count(g.group_out, Vec::kLanes);
  const std::int64_t out_rows = static_cast<std::int64_t>(p.batch) * p.out_h;
  const std::int64_t pixel_units = g.flat ? (g.pixels + tile_pixels - 1) / tile_pixels : out_rows;
  const std::int64_t channel_units = p.groups * panels;
  const ConvSplit split = conv_split(p, g, pixel_units, channel_units, call.parts, Vec::kLanes);
  const Range units = share(channel_units, call.part % split.channels, split.channels);
  Range pixels = share(pixel_units, call.part / split.channels, split.pixels);
  if (units.begin == units.end || pixels.begin == pixels.end) return;

  const Range next = share(static_cast<std::int64_t>(call.next_weights_bytes), call.part, call.parts);
  const std::int64_t next_bytes = next.end - next.begin < kNextBytes ? next.end - next.begin : kNextBytes;
  const ConvCall c = {p,
                      g,
                      static_cast<const float*>(call.in[0]),
                      static_cast<const float*>(call.in[1]),
                      static_cast<const float*>(call.in[2]),
                      static_cast<const float*>(call.in[3]),
                      static_cast<float*>(call.out[0]),
                      static_cast<float*>(call.scratch),
                      panels,
                      call.next_weights == nullptr ? nullptr : static_cast<const char*>(call.next_weights) + next.begin,
                      next_bytes};
  if (g.flat) {
    pixels.begin *= tile_pixels;
    pixels.end = pixels.end == pixel_units ? g.pixels : pixels.end * tile_pixels;
    run_flat(c, pixels, units);
    return;
  }
  TileQueue queue = {};
  queue.call.y_pixel = p.out_c;
  queue.call.activation = p.activation;
  queue.call.activation_a = p.activation_a;
  queue.call.activation_b = p.activation_b;
  while (pixels.begin < pixels.end) {
    const std::int64_t n = pixels.begin / p.out_h;
    const std::int64_t row = pixels.begin - n * p.out_h;
    std::int64_t count = pixels.end - pixels.begin;
    if (count > p.out_h - row) count = p.out_h - row;
    if (count > g.band_out_rows) count = g.band_out_rows;
    run_band(c, n, {row, row + count}, units, pixels.begin + count == pixels.end, queue);
    pixels.begin += count;
  }
}

}  // namespace kite::KITE_ISA
