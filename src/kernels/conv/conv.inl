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
  std::int64_t panels;   // of one group
  std::int64_t weights;  // floats for each output channel
  const char* next;      // this thread's share of the next step's weights; null where there is none
  std::int64_t next_bytes;
};

// One panel of one group.
struct PanelPlace {
  std::int64_t group, panel;
};

// Sets what belongs to a panel; returns its first output channel.
static std::int64_t start_panel(const ConvCall& c, PanelPlace place, TileQueue& queue) {
  const std::int64_t first = place.panel * 2 * Vec::kLanes;
  const std::int64_t blocks = panel_blocks(c.g.group_out, Vec::kLanes, place.panel);
  const std::int64_t lanes = c.g.group_out - first - (blocks - 1) * Vec::kLanes;
  queue.blocks = static_cast<std::int32_t>(blocks);
  queue.call.last_lanes = static_cast<std::int32_t>(lanes < Vec::kLanes ? lanes : Vec::kLanes);
  queue.call.w = c.w + (place.group * packed_width(c.g.group_out) + first) * c.weights;
  const std::int64_t channel = place.group * c.g.group_out + first;
  queue.call.bias = c.bias == nullptr ? nullptr : c.bias + channel;
  return channel;
}

static float* put_zeros(float* to, std::int64_t count) {
  float* const end = to + count;
  for (; end - to >= Vec::kLanes; to += Vec::kLanes) store(to, zero());
  if (to < end) store_n(to, zero(), static_cast<int>(end - to));
  return end;
}

// `columns` neighbouring pixels of `depth` channels, `stride` floats apart, close together.
static float* put_pixels(float* to, const float* from, std::int64_t columns, std::int64_t depth, std::int64_t stride) {
  if (depth == Vec::kLanes) {
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
  }
  return to;
}

// `columns` neighbouring pixels out of `depth` planes.
static float* put_planar(float* to, const float* from, std::int64_t columns, std::int64_t depth, std::int64_t plane) {
  if (depth == 3) {  // a picture
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
    for (std::int64_t channel = 0; channel < depth; ++channel) *to++ = from[channel * plane + i];
  }
  return to;
}

// Input rows [first, last) of one picture and group into scratch, with columns from -pad_left on; outside is zero.
static void fill_band(const ConvCall& c, const float* picture, std::int64_t group, std::int64_t first, std::int64_t last) {
  const ConvParams& p = c.p;
  const std::int64_t depth = c.g.group_in;
  const std::int64_t left = p.pad_left < c.g.band_w ? p.pad_left : c.g.band_w;
  const std::int64_t inside = c.g.band_w - left < p.in_w ? c.g.band_w - left : p.in_w;
  const std::int64_t right = c.g.band_w - left - inside;
  const std::int64_t plane = static_cast<std::int64_t>(p.in_h) * p.in_w;
  float* to = c.scratch;
  for (std::int64_t row = first; row < last; ++row) {
    to = put_zeros(to, left * depth);
    if (p.input_planar != 0) {
      to = put_planar(to, picture + group * depth * plane + row * p.in_w, inside, depth, plane);
    } else {
      to = put_pixels(to, picture + row * p.in_w * p.in_c + group * depth, inside, depth, p.in_c);
    }
    to = put_zeros(to, right * depth);
  }
}

// The rows of taps of output row p that lie inside the picture.
static Range rows_inside(const ConvParams& p, std::int64_t out_row) {
  const std::int64_t top = out_row * p.stride_h - p.pad_top;
  Range r = {0, p.kernel_h};
  if (top >= 0 && top + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h < p.in_h) return r;
  if (top < 0) r.begin = (-top + p.dilation_h - 1) / p.dilation_h;
  if (top >= p.in_h) return {0, 0};
  const std::int64_t fitting = (p.in_h - 1 - top) / p.dilation_h + 1;
  if (fitting < r.end) r.end = fitting;
  if (r.begin >= r.end) return {0, 0};
  return r;
}

// What the tiles of the panel that is `done` panels into this share fetch ahead: the panel after it, and in the last band
// a piece of the next step's weights.
static void plan_prefetch(const ConvCall& c, PanelPlace place, std::int64_t done, std::int64_t count, std::int64_t rows,
                          bool last_band, TileQueue& queue) {
  PrefetchPlan& plan = queue.prefetch;
  plan = {};
  const std::int64_t panel_bytes = 2 * Vec::kLanes * c.weights * 4;
  if (done + 1 < count && (done + 1) * panel_bytes >= kNextBytes) {
    const bool same = place.panel + 1 < c.panels;
    const std::int64_t group = same ? place.group : place.group + 1;
    const std::int64_t first = same ? (place.panel + 1) * 2 * Vec::kLanes : 0;
    plan.panel = reinterpret_cast<const char*>(c.w + (group * packed_width(c.g.group_out) + first) * c.weights);
    plan.panel_lines = panel_bytes / 64;
  }
  if (last_band && c.next_bytes > 0) {
    const std::int64_t each = (c.next_bytes / 64 + count - 1) / count;
    plan.next = c.next + done * each * 64;
    plan.next_lines = each;
  }
  if (plan.panel_lines + plan.next_lines == 0) return;
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
  PanelPlace place = {units.begin / c.panels, 0};
  place.panel = units.begin - place.group * c.panels;
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
    const float* panel = t.w;
    plan_prefetch(c, place, u - units.begin, units.end - units.begin, rows.end - rows.begin, last_band, queue);
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
    if (++place.panel == c.panels) place = {group + 1, 0};
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
                      p.kernel_h * p.kernel_w * g.group_in,
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
