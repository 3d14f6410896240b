// SPDX-License-Identifier: Apache-2.0
// The walk of a Winograd convolution: a block of tiles of one group at a time, pixels are transformed, sixteen matrix
// products made (conv/tiles.inl), products transformed back.
#include "kernels/conv/conv_params.h"
#include "kernels/conv/geometry.h"
#include "kernels/kernel.h"
#include "kernels/simd/bytes/bytes.inl"
#include "kernels/simd/finish.inl"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"
#include "kernels/winograd/geometry.h"

namespace kite::KITE_TARGET {

struct WinogradCall {
  const ConvParams& p;
  const WinogradGeometry g;
  const PanelCut cut;  // of one group's output channels
  const float* x;
  const float* w;  // [group][place][panels]
  Epilogue epilogue;
  float* y;
  float* pixels;       // transformed: [place][tile][group_in]
  float* products;     // [place][tile][group_out]
  float* zeros;        // group_in of them
  const Codes* codes;  // in place of w, in the order of direct convolution; null where the weights are floats
};

// Where a tile lies: its picture and first output.
struct TilePlace {
  std::int64_t picture, row, column;

  TilePlace(const WinogradCall& c, std::int64_t tile) {
    const std::int64_t line = tile / c.g.tiles_w;
    const std::int64_t tiles_h = (static_cast<std::int64_t>(c.p.out_h) + 1) / 2;
    picture = line / tiles_h;
    row = (line - picture * tiles_h) * 2;
    column = (tile - line * c.g.tiles_w) * 2;
  }
  void next(const WinogradCall& c) {
    if ((column += 2) < c.p.out_w) return;
    column = 0;
    if ((row += 2) < c.p.out_h) return;
    row = 0;
    ++picture;
  }
};

// B' of four values: d0 - d2, d1 + d2, d2 - d1, d1 - d3.
static inline __attribute__((always_inline)) void transform_four(const Vec (&d)[4], Vec (&out)[4]) {
  out[0] = sub(d[0], d[2]);
  out[1] = add(d[1], d[2]);
  out[2] = sub(d[2], d[1]);
  out[3] = sub(d[1], d[3]);
}

// Sixteen pixels of one tile, `lanes` channels from `channel` on, to the sixteen places.
template <bool Full>
static inline __attribute__((always_inline)) void transform_pixels(const float* const (&from)[16], float* to,
                                                                   std::int64_t plane, std::int64_t channel,
                                                                   int lanes) {
  Vec rows[4][4];  // B' applied down each column
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    Vec d[4], out[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const float* pixel = from[i * 4 + j] + channel;
      d[i] = Full ? load(pixel) : load_n(pixel, lanes);
    }
    transform_four(d, out);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) rows[i][j] = out[i];
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    Vec out[4];
    transform_four(rows[i], out);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      float* place = to + (i * 4 + j) * plane + channel;
      if (Full) {
        store(place, out[j]);
      } else {
        store_n(place, out[j], lanes);
      }
    }
  }
}

static void transform_input(const WinogradCall& c, std::int64_t group, std::int64_t first, std::int64_t count) {
  const ConvParams& p = c.p;
  TilePlace place(c, first);
  const std::int64_t whole = c.g.group_in / Vec::kLanes * Vec::kLanes;
  for (std::int64_t tile = 0; tile < count; ++tile, place.next(c)) {
    const float* picture = c.x + place.picture * p.in_h * p.in_w * p.in_c + group * c.g.group_in;
    const float* from[16];
    for (std::int64_t i = 0; i < 4; ++i) {
      const std::int64_t row = place.row - p.pad_top + i;
      for (std::int64_t j = 0; j < 4; ++j) {
        const std::int64_t column = place.column - p.pad_left + j;
        const bool inside = row >= 0 && row < p.in_h && column >= 0 && column < p.in_w;
        from[i * 4 + j] = inside ? picture + (row * p.in_w + column) * p.in_c : c.zeros;
      }
    }
    float* to = c.pixels + tile * c.g.group_in;
    std::int64_t channel = 0;
    for (; channel < whole; channel += Vec::kLanes) {
      transform_pixels<true>(from, to, c.g.in_plane, channel, Vec::kLanes);
    }
    if (channel < c.g.group_in) {
      transform_pixels<false>(from, to, c.g.in_plane, channel, static_cast<int>(c.g.group_in - channel));
    }
  }
}

// A' of four values: m0 + m1 + m2, m1 - m2 - m3.
static inline __attribute__((always_inline)) void untransform_four(const Vec (&m)[4], Vec (&out)[2]) {
  out[0] = add(add(m[0], m[1]), m[2]);
  out[1] = sub(sub(m[1], m[2]), m[3]);
}

// One vector of channels of a tile: two by two outputs to `out`, `rows` and `columns` of them inside the picture.
template <bool Full>
static inline __attribute__((always_inline)) void transform_products(const WinogradCall& c, const float* from, Vec bias,
                                                                     const OutputBlock& out, std::int64_t rows,
                                                                     std::int64_t columns) {
  Vec half[2][4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    Vec m[4], two[2];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const float* place = from + (i * 4 + j) * c.g.out_plane;
      m[i] = Full ? load(place) : load_n(place, out.last_lanes);
    }
    untransform_four(m, two);
    half[0][j] = two[0];
    half[1][j] = two[1];
  }
  Vec sum[2][2][1];
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    Vec two[2];
    untransform_four(half[i], two);
    sum[i][0][0] = add(two[0], bias);
    sum[i][1][0] = add(two[1], bias);
  }
  if (rows > 1 && columns > 1) return finish_clamped<Full>(out, sum);
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    if (i >= rows) break;
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {
      if (j >= columns) break;
      OutputBlock one = out;
      one.y[0] = out.y[i] + j * out.pixel;
      if (out.residual[0] != nullptr) one.residual[0] = out.residual[i] + j * out.pixel;
      Vec value[1][1][1] = {{{sum[i][j][0]}}};
      finish_clamped<Full>(one, value);
    }
  }
}

// Channels [begin, end) of a group.
static void transform_output(const WinogradCall& c, std::int64_t group, std::int64_t begin, std::int64_t end,
                             std::int64_t first, std::int64_t count) {
  const ConvParams& p = c.p;
  const Epilogue& e = c.epilogue;
  const float* const bias = e.bias == nullptr ? nullptr : e.bias + group * c.g.group_out;
  const std::int64_t row = static_cast<std::int64_t>(p.out_w) * p.out_c;
  TilePlace place(c, first);
  for (std::int64_t tile = 0; tile < count; ++tile, place.next(c)) {
    const std::int64_t rows = p.out_h - place.row, columns = p.out_w - place.column;
    const std::int64_t pixel = (place.picture * p.out_h + place.row) * p.out_w + place.column;
    const std::int64_t at = pixel * p.out_c + group * c.g.group_out;
    const float* from = c.products + tile * c.g.group_out;
    const auto block = [&](std::int64_t channel, std::int64_t lanes) __attribute__((always_inline)) {
      OutputBlock out = {};
      out.y[0] = c.y + at + channel;
      out.y[1] = out.y[0] + row;
      if (e.residual != nullptr) {
        out.residual[0] = e.residual + at + channel;
        out.residual[1] = out.residual[0] + row;
      }
      out.pixel = p.out_c;
      out.last_lanes = static_cast<std::int32_t>(lanes);
      out.activation = e.activation;
      return out;
    };
    std::int64_t channel = begin;
    for (; channel + Vec::kLanes <= end; channel += Vec::kLanes) {
      transform_products<true>(c, from + channel, bias == nullptr ? zero() : load(bias + channel),
                               block(channel, Vec::kLanes), rows, columns);
    }
    if (channel < end) {
      const int lanes = static_cast<int>(end - channel);
      transform_products<false>(c, from + channel, bias == nullptr ? zero() : load_n(bias + channel, lanes),
                                block(channel, lanes), rows, columns);
    }
    if (is_clamp(e.activation.kind)) continue;
    // All channels of the tile at once.
    for (std::int64_t i = 0; i < (rows < 2 ? rows : 2); ++i) {
      float* const y = c.y + at + i * row + begin;
      activate(y, y, columns < 2 ? columns : 2, end - begin, p.out_c, e.activation);
    }
  }
}

// What is streamed after a block: the first place of the next group, or this thread's share of the next step's weights.
struct NextWeights {
  const char* from;
  std::int64_t bytes;
};

// G g G' for `count` input channels from `from` on of a panel of `blocks` vectors: of the codes, in quarters of their
// unit, which are whole numbers that floats hold; then rounded once, by the scale.
static __attribute__((noinline)) void transform_codes(const WinogradCall& c, std::int64_t group, std::int64_t first,
                                                      std::int64_t blocks, std::int64_t from, std::int64_t count,
                                                      float* to, std::int64_t plane) {
  const Codes& codes = *c.codes;
  const std::int64_t column = group * packed_width(c.g.group_out) + first, width = blocks * Vec::kLanes;
  const std::int64_t tap_codes = c.g.group_in * width;
  for (std::int64_t b = 0; b < blocks; ++b) {
    const std::int64_t at = column + b * Vec::kLanes;
    const Vec scale = mul(load(codes.scales + at), splat(0.25f));
    const Whole zero = codes.zeros == nullptr ? whole(0) : load_bytes(codes.zeros + at);
    const std::int8_t* taps = codes.weights + column * 9 * c.g.group_in + from * width + b * Vec::kLanes;
    float* out = to + b * Vec::kLanes;
    for (std::int64_t k = 0; k < count; ++k, taps += width, out += width) {
      Vec down[4][3];
#pragma GCC unroll 3
      for (int j = 0; j < 3; ++j) {
        Vec g[3];
#pragma GCC unroll 3
        for (int i = 0; i < 3; ++i) g[i] = to_float(sub(load_bytes(taps + (i * 3 + j) * tap_codes), zero));
        const Vec outer = add(g[0], g[2]);
        down[0][j] = add(g[0], g[0]);
        down[1][j] = add(outer, g[1]);
        down[2][j] = sub(outer, g[1]);
        down[3][j] = add(g[2], g[2]);
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const Vec outer = add(down[i][0], down[i][2]);
        store(out + i * 4 * plane, mul(add(down[i][0], down[i][0]), scale));
        store(out + (i * 4 + 1) * plane, mul(add(outer, down[i][1]), scale));
        store(out + (i * 4 + 2) * plane, mul(sub(outer, down[i][1]), scale));
        store(out + (i * 4 + 3) * plane, mul(add(down[i][2], down[i][2]), scale));
      }
    }
  }
}

// The sixteen products of a block with weights that are codes: all panels at a time where their transformed weights fit
// into memory, which then still holds them for the next block; else a panel, or a part of its input channels.
static void multiply_codes(const WinogradCall& c, std::int64_t group, Range panels, RowsCall rows, bool weights_are_new,
                           NextWeights next) {
  const auto columns_before = [&c](std::int64_t panel) { return panel_first_block(c.cut, panel) * Vec::kLanes; };
  const std::int64_t depth = c.g.group_in;
  const bool fit =
      kPlaces * depth * (columns_before(panels.end) - columns_before(panels.begin)) <= kWinogradCodesFloats;
  Range part = panels;
  for (; part.begin < panels.end; part.begin = part.end) {
    part.end = fit ? panels.end : part.begin + 1;
    const std::int64_t first = columns_before(part.begin), columns = columns_before(part.end) - first;
    const std::int64_t fitting = kWinogradCodesFloats / (kPlaces * columns) / 4 * 4;
    const std::int64_t step = fitting < depth ? fitting : depth;
    rows.first_panel = part.begin;
    rows.last_panel = part.end;
    rows.left_columns = first;
    for (std::int64_t from = 0; from < depth; from += step) {
      rows.depth = depth - from < step ? depth - from : step;
      rows.continued = from > 0;
      const std::int64_t plane = columns * rows.depth;
      for (std::int64_t u = part.begin; u < part.end && (weights_are_new || !fit); ++u) {
        const std::int64_t column = columns_before(u);
        transform_codes(c, group, column, panel_blocks(c.cut, u), from, rows.depth,
                        c.codes->floats + (column - first) * rows.depth, plane);
      }
      for (std::int64_t place = 0; place < kPlaces; ++place) {
        const bool last = place + 1 == kPlaces && part.end == panels.end && from + step >= depth;
        rows.x = c.pixels + place * c.g.in_plane + from;
        rows.w = c.codes->floats + place * plane;
        rows.y = c.products + place * c.g.out_plane;
        rows.next = last ? next.from : nullptr;
        rows.next_bytes = last ? next.bytes : 0;
        multiply_rows(rows);
      }
    }
  }
}

// As much of that as one matrix product of sixteen has load slots for.
constexpr std::int64_t kFetchBytes = 256 * 1024;

// One block of tiles of panels [first_panel, last_panel) of a group.
static void run_block(const WinogradCall& c, std::int64_t group, Range panels, std::int64_t first, std::int64_t count,
                      bool weights_are_new, NextWeights next) {
  const PanelCut cut = c.cut;
  const std::int64_t plane = packed_width(c.g.group_out) * c.g.group_in;
  const std::int64_t panel_floats = c.g.group_in * Vec::kLanes;
  transform_input(c, group, first, count);
  RowsCall rows = {};
  rows.rows = count;
  rows.depth = rows.x_stride = c.g.group_in;
  rows.columns = rows.y_stride = c.g.group_out;
  rows.first_panel = panels.begin;
  rows.last_panel = panels.end;
  for (std::int64_t place = 0; place < kPlaces && c.codes == nullptr; ++place) {
    rows.x = c.pixels + place * c.g.in_plane;
    rows.w = c.w + (group * kPlaces + place) * plane;
    rows.y = c.products + place * c.g.out_plane;
    rows.next = nullptr;
    rows.next_bytes = 0;
    if (place + 1 < kPlaces && weights_are_new) {
      const std::int64_t begin = panel_first_block(cut, panels.begin) * panel_floats;
      rows.next = reinterpret_cast<const char*>(rows.w + plane + begin);
      rows.next_bytes = (panel_first_block(cut, panels.end) * panel_floats - begin) * 4;
    } else if (place + 1 == kPlaces) {
      rows.next = next.from;
      rows.next_bytes = next.bytes;
    }
    multiply_rows(rows);
  }
  if (c.codes != nullptr) multiply_codes(c, group, panels, rows, weights_are_new, next);
  const std::int64_t begin = panel_first_block(cut, panels.begin) * Vec::kLanes;
  std::int64_t end = panel_first_block(cut, panels.end) * Vec::kLanes;
  if (end > c.g.group_out) end = c.g.group_out;
  transform_output(c, group, begin, end, first, count);
}

// A thread's share is a range of tiles times a range of panels, as in conv.inl.
void winograd_f32(const KernelCall& call);
void winograd_f32(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const WinogradWalk& walk = *static_cast<const WinogradWalk*>(call.prepared);
  const WinogradGeometry g = walk.geometry;
  const std::int64_t panels = walk.panels, units = walk.units;
  const ConvSplit split = walk.split;
  const Range columns = share(p.groups * panels, call.share % split.channels, split.channels);
  Range tiles = share(units, call.share / split.channels, split.pixels);
  tiles.begin *= kUnitTiles;
  tiles.end = tiles.end == units ? g.tiles : tiles.end * kUnitTiles;
  auto* const scratch = static_cast<float*>(call.scratch);
  const WinogradCall c = {p,
                          g,
                          walk.cut,
                          static_cast<const float*>(call.in[0]),
                          static_cast<const float*>(call.in[1]),
                          epilogue_of(call, p.activation),
                          static_cast<float*>(call.out[0]),
                          scratch,
                          scratch + kPlaces * g.in_plane,
                          scratch + kPlaces * (g.in_plane + g.out_plane),
                          call.codes};
  for (std::int64_t i = 0; i < g.group_in; ++i) c.zeros[i] = 0.0f;
  const std::int64_t plane = packed_width(g.group_out) * g.group_in;
  const Range next = share(static_cast<std::int64_t>(call.next_weights_bytes), call.share, call.shares);
  for (std::int64_t u = columns.begin; u < columns.end;) {
    const std::int64_t group = u / panels;
    const std::int64_t end = (group + 1) * panels < columns.end ? (group + 1) * panels : columns.end;
    const Range of_group = {u - group * panels, end - group * panels};
    for (std::int64_t tile = tiles.begin; tile < tiles.end; tile += g.block) {
      const std::int64_t count = tiles.end - tile < g.block ? tiles.end - tile : g.block;
      NextWeights after = {nullptr, 0};
      if (tile + count == tiles.end && end < columns.end && c.codes == nullptr) {
        after = {reinterpret_cast<const char*>(c.w + (group + 1) * kPlaces * plane), plane * 4};
      } else if (tile + count == tiles.end && end == columns.end && call.next_weights != nullptr) {
        after = {static_cast<const char*>(call.next_weights) + next.begin, next.end - next.begin};
      }
      if (after.bytes > kFetchBytes) after.bytes = kFetchBytes;
      run_block(c, group, of_group, tile, count, tile == tiles.begin, after);
    }
    u = end;
  }
}

}  // namespace kite::KITE_TARGET
