// SPDX-License-Identifier: Apache-2.0
// The walk of a convolution of 8-bit numbers over pictures, bands, groups, panels and tiles. x is copied into bands
// that stay in L2, with a frame of the value that stands for zero, so that every window is whole; a matrix of unsigned
// numbers is read where it is.
#include "kernels/kernel.h"
#include "kernels/qconv/geometry.h"
#include "kernels/qconv/tile.inl"

namespace kite::KITE_TARGET {

struct QCall {
  const QConvParams& p;
  const QConvWalk& g;
  const std::uint8_t* x;
  const std::int8_t* w;
  const std::int32_t* table;
  char* y;
  std::uint8_t* scratch;
  std::int32_t x_zero;  // of x as it is multiplied: signed numbers are raised by 128
  float x_scale;
  std::int64_t element;  // bytes of one of y
};

// `count` bytes, made unsigned.
static void put_bytes(const QCall& c, std::uint8_t* to, const std::uint8_t* from, std::int64_t count) {
  if (c.p.x_signed == 0) {
    __builtin_memcpy(to, from, static_cast<std::size_t>(count));
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] ^ 0x80;
}

static void put_zeros(const QCall& c, std::uint8_t* to, std::int64_t count) {
  if (count > 0) __builtin_memset(to, c.x_zero, static_cast<std::size_t>(count));
}

// The pixels [first, first + count) of a row, as columns of `g.column` bytes.
static void put_row(const QCall& c, std::uint8_t* to, const std::uint8_t* row, std::int64_t group, std::int64_t count) {
  const ConvParams& p = c.p.conv;
  const std::int64_t channels = c.g.column;
  if (p.input_planar != 0) {
    const std::int64_t plane = static_cast<std::int64_t>(p.in_h) * p.in_w;
    const int flip = c.p.x_signed != 0 ? 0x80 : 0;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      const std::uint8_t* from = row + (group * channels + channel) * plane;
      for (std::int64_t i = 0; i < count; ++i) to[i * channels + channel] = static_cast<std::uint8_t>(from[i] ^ flip);
    }
    return;
  }
  const std::uint8_t* from = row + group * channels;
  if (channels == p.in_c) return put_bytes(c, to, from, count * channels);
  for (std::int64_t i = 0; i < count; ++i) put_bytes(c, to + i * channels, from + i * p.in_c, channels);
}

// Input rows from `first` on, inside the picture or not, from column -pad_left on.
static void fill_band(const QCall& c, std::int64_t n, std::int64_t group, std::int64_t first, std::int64_t rows) {
  const ConvParams& p = c.p.conv;
  const std::int64_t row_bytes = c.g.band_w * c.g.column;
  const std::int64_t left = p.pad_left < c.g.band_w ? p.pad_left : c.g.band_w;
  const std::int64_t inside = c.g.band_w - left < p.in_w ? c.g.band_w - left : p.in_w;
  const std::uint8_t* picture = c.x + n * p.in_h * p.in_w * p.in_c;
  std::uint8_t* to = c.scratch;
  for (std::int64_t row = first; row < first + rows; ++row, to += row_bytes) {
    if (row < 0 || row >= p.in_h) {
      put_zeros(c, to, row_bytes);
      continue;
    }
    put_zeros(c, to, left * c.g.column);
    put_row(c, to + left * c.g.column, picture + row * p.in_w * (p.input_planar != 0 ? 1 : p.in_c), group, inside);
    put_zeros(c, to + (left + inside) * c.g.column, (c.g.band_w - left - inside) * c.g.column);
  }
}

// What belongs to one panel of one group; returns its first output channel.
static std::int64_t start_panel(const QCall& c, std::int64_t group, std::int64_t panel, QTile& t) {
  const QConvWalk& g = c.g;
  const std::int64_t channels = g.depthwise ? c.p.conv.out_c : g.group_out;
  const std::int64_t first = panel * g.panel_blocks * Vec::kLanes;
  const std::int64_t left = channels - first, all = (left + Vec::kLanes - 1) / Vec::kLanes;
  t.blocks = static_cast<std::int32_t>(all < g.panel_blocks ? all : g.panel_blocks);
  const std::int64_t lanes = left - (t.blocks - 1) * Vec::kLanes;
  t.lanes = static_cast<std::int32_t>(lanes < Vec::kLanes ? lanes : Vec::kLanes);
  t.w = g.depthwise ? c.w + first : c.w + (group * g.width + first) * g.channel_weights;
  const std::int64_t count = (g.depthwise ? 1 : c.p.conv.groups) * g.width;
  const std::int32_t* const at = c.table + group * g.width + first;
  const auto* const factors = reinterpret_cast<const float*>(at + kQFactors * count);
  const auto* const addends = reinterpret_cast<const float*>(at + kQAddends * count);
  for (int i = 0; i < t.blocks * Vec::kLanes; i += Vec::kLanes) {
    store_whole(t.start + i,
                sub(load_whole(at + kQBias * count + i), mul(load_whole(at + kQTotals * count + i), whole(c.x_zero))));
    store_whole(t.zeros + i, load_whole(at + kQZeros * count + i));
    store(t.factors + i, mul(splat(c.x_scale), load(factors + i)));
    store(t.addends + i, load(addends + i));
  }
  return group * g.group_out + first;
}

// `pixels` neighbouring pixels, in tiles whose lengths differ by one at most.
static void run_pixels(const QCall& c, const std::uint8_t* x, std::int64_t y, std::int64_t pixels, QTile& t) {
  const std::int64_t tiles = (pixels + kTilePixels - 1) / kTilePixels;
  t.x = x;
  t.y = c.y + y * c.element;
  for (std::int64_t i = 0; i < tiles; ++i) {
    const int length = static_cast<int>(pixels * (i + 1) / tiles - pixels * i / tiles);
    const int blocks = c.g.depthwise ? 0 : t.blocks;
    const QTileFn tile = c.g.fused_dot ? find_qtile<FusedDot>(length, blocks) : find_qtile<PairDot>(length, blocks);
    tile(t);
    t.x += length * t.x_pixel;
    t.y += length * t.y_pixel * c.element;
  }
}

// Pixels [begin, end) of a matrix times panels.
static void run_flat(const QCall& c, Range pixels, Range units, QTile& t) {
  const std::int64_t in_c = c.p.conv.in_c;
  t.x_pixel = c.g.column;
  for (std::int64_t begin = pixels.begin; begin < pixels.end; begin += c.g.band_out_rows) {
    const std::int64_t count = pixels.end - begin < c.g.band_out_rows ? pixels.end - begin : c.g.band_out_rows;
    const std::uint8_t* x = c.x + begin * in_c;
    if (c.g.copied) {
      for (std::int64_t i = 0; i < count; ++i) put_bytes(c, c.scratch + i * c.g.column, x + i * in_c, in_c);
      x = c.scratch;
    }
    for (std::int64_t u = units.begin; u < units.end; ++u) {
      const std::int64_t channel = start_panel(c, 0, u, t);
      run_pixels(c, x, begin * c.p.conv.out_c + channel, count, t);
    }
  }
}

// Output rows [begin, end) of picture n.
static void run_band(const QCall& c, std::int64_t n, Range rows, Range units, QTile& t) {
  const ConvParams& p = c.p.conv;
  const std::int64_t row_bytes = c.g.band_w * c.g.column;
  const std::int64_t in_rows =
      (rows.end - rows.begin - 1) * p.stride_h + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  t.x_pixel = p.stride_w * c.g.column;
  t.x_row = p.dilation_h * row_bytes;
  t.x_tap = p.dilation_w * c.g.column;
  std::int64_t filled = -1;
  for (std::int64_t u = units.begin; u < units.end; ++u) {
    const std::int64_t group = u / c.g.panels, panel = u % c.g.panels;
    if (group != filled) {
      fill_band(c, n, group, rows.begin * p.stride_h - p.pad_top, in_rows);
      filled = group;
    }
    const std::int64_t channel = start_panel(c, group, panel, t);
    const std::uint8_t* x = c.scratch + (c.g.depthwise ? channel : 0);
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      run_pixels(c, x + (row - rows.begin) * p.stride_h * row_bytes, (n * p.out_h + row) * p.out_w * p.out_c + channel,
                 p.out_w, t);
    }
  }
}

void qconv_i8(const KernelCall& call);
void qconv_i8(const KernelCall& call) {
  const QConvParams& p = *static_cast<const QConvParams*>(call.params);
  const QConvWalk& g = *static_cast<const QConvWalk*>(call.prepared);
  const std::int64_t groups = g.depthwise ? 1 : p.conv.groups;
  const Range units = share(groups * g.panels, call.share % g.split.channels, g.split.channels);
  Range pixels = share(g.pixel_units, call.share / g.split.channels, g.split.pixels);
  if (units.begin == units.end || pixels.begin == pixels.end) return;
  const auto* const zero = static_cast<const std::uint8_t*>(call.in[3]);
  const auto* const scale = static_cast<const float*>(call.in[4]);
  const std::int32_t raised = p.x_signed != 0 ? 0x80 : 0;
  const QCall c = {p,
                   g,
                   static_cast<const std::uint8_t*>(call.in[0]),
                   static_cast<const std::int8_t*>(call.in[1]),
                   static_cast<const std::int32_t*>(call.in[2]),
                   static_cast<char*>(call.out[0]),
                   static_cast<std::uint8_t*>(call.scratch),
                   zero == nullptr ? raised : *zero ^ raised,
                   scale == nullptr ? 1.0f : *scale,
                   p.result == QResult::kBytes ? 1 : 4};
  QTile t = {};
  t.p = &p;
  t.y_pixel = p.conv.out_c;
  t.rows = p.conv.kernel_h;
  t.taps = static_cast<std::int32_t>(g.depthwise ? p.conv.kernel_w : g.taps);
  t.depth = static_cast<std::int32_t>(g.depth);
  t.quads = static_cast<std::int32_t>(g.quads);
  t.w_tap = g.width;
  if (g.flat) {
    const std::int64_t all = static_cast<std::int64_t>(p.conv.batch) * p.conv.in_h * p.conv.in_w;
    pixels.begin *= kQUnit;
    pixels.end = pixels.end == g.pixel_units ? all : pixels.end * kQUnit;
    return run_flat(c, pixels, units, t);
  }
  while (pixels.begin < pixels.end) {
    const std::int64_t n = pixels.begin / p.conv.out_h;
    const std::int64_t row = pixels.begin - n * p.conv.out_h;
    std::int64_t count = pixels.end - pixels.begin;
    if (count > p.conv.out_h - row) count = p.conv.out_h - row;
    if (count > g.band_out_rows) count = g.band_out_rows;
    run_band(c, n, {row, row + count}, units, t);
    pixels.begin += count;
  }
}

}  // namespace kite::KITE_TARGET
