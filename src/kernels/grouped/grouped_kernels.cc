// SPDX-License-Identifier: Apache-2.0
// The walk of a convolution in narrow groups: picture by picture, group by group, block by block of its output
// channels, then tiles of a few rows and columns. x is read where it lies.
#include "kernels/conv/geometry.h"
#include "kernels/grouped/tile.inl"
#include "kernels/kernel.h"

namespace kite::KITE_TARGET {

struct GroupedCall {
  const ConvParams& p;
  const float* x;
  const float* w;
  Epilogue epilogue;
  float* y;
  TileCall tile;
  StartOfSums start;
  std::int64_t next_lines;  // of the next step's weights, from tile.prefetch on
  std::int32_t lines;       // of them for each input channel that a tile takes
};

// `count` output rows from `row` on, all with the same rows of taps inside the picture; x, y and residual begin at the
// first channel of the group and block.
template <int Stride>
static void run_tiles(GroupedCall& c, const float* x, std::int64_t y_at, std::int64_t row, std::int64_t count) {
  const ConvParams& p = c.p;
  TileCall& t = c.tile;
  const std::int64_t runs = (p.out_w + kRunLength - 1) / kRunLength;
  const std::int64_t low = p.out_w / runs, longer = p.out_w - low * runs;
  const std::int64_t right = static_cast<std::int64_t>(p.out_w - 1) * Stride - p.pad_left + kTaps - 1;
  while (count > 0) {
    const int most = tile_rows(static_cast<int>(longer > 0 ? low + 1 : low));
    const int rows = count < most ? static_cast<int>(count) : most;
    std::int64_t q = 0;
    for (std::int64_t run = 0; run < runs; ++run) {
      const int length = static_cast<int>(run < longer ? low + 1 : low);
      const std::int64_t column = q * Stride - p.pad_left;
      for (int s = 0; s < rows; ++s) {
        const std::int64_t at = y_at + ((row + s) * p.out_w + q) * p.out_c;
        t.x[s] = x + (s * p.stride_h * p.in_w + column) * p.in_c;
        t.out.y[s] = c.y + at;
        t.out.residual[s] = c.epilogue.residual == nullptr ? nullptr : c.epilogue.residual + at;
      }
      const std::int64_t lines = static_cast<std::int64_t>(t.rows) * t.depth * c.lines;
      t.prefetch_lines = c.next_lines > 0 ? c.lines : 0;
      find_tile<Stride>(rows, length)(t, {column < 0, run == runs - 1 && right >= p.in_w});
      if (c.next_lines > 0) {
        t.prefetch += lines * 64;
        c.next_lines -= lines;
      }
      q += length;
    }
    x += static_cast<std::int64_t>(rows) * p.stride_h * p.in_w * p.in_c;
    row += rows;
    count -= rows;
  }
}

// Output rows of one group of picture n.
template <int Stride>
static void run_group(GroupedCall& c, std::int64_t n, std::int64_t group, Range rows) {
  const ConvParams& p = c.p;
  TileCall& t = c.tile;
  const std::int64_t depth = p.in_c / p.groups, channels = p.out_c / p.groups;
  const std::int64_t row_weights = depth * kTaps * Vec::kLanes;
  const float* w = c.w + group * packed_width(channels) * kTaps * kTaps * depth;
  for (std::int64_t first = 0; first < channels; first += Vec::kLanes, w += kTaps * row_weights) {
    const std::int64_t channel = group * channels + first;
    const std::int64_t lanes = channels - first;
    t.out.last_lanes = static_cast<std::int32_t>(lanes < Vec::kLanes ? lanes : Vec::kLanes);
    c.start.set(c.epilogue.bias == nullptr ? nullptr : c.epilogue.bias + channel, 1, t.out.last_lanes);
    for (std::int64_t row = rows.begin; row < rows.end;) {
      const Range taps = rows_inside(p, row);
      std::int64_t count = 1;
      for (; row + count < rows.end; ++count) {
        const Range other = rows_inside(p, row + count);
        if (other.begin != taps.begin || other.end != taps.end) break;
      }
      t.rows = static_cast<std::int32_t>(taps.end - taps.begin);
      t.w = w + taps.begin * row_weights;
      const std::int64_t top = t.rows == 0 ? 0 : row * p.stride_h - p.pad_top + taps.begin;
      run_tiles<Stride>(c, c.x + (n * p.in_h + top) * p.in_w * p.in_c + group * depth,
                        n * p.out_h * p.out_w * p.out_c + channel, row, count);
      row += count;
    }
  }
}

// Shares: neighbouring output rows, counted through all groups and pictures.
void grouped_f32(const KernelCall& call);
void grouped_f32(const KernelCall& call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call.params);
  const std::int64_t planes = static_cast<std::int64_t>(p.batch) * p.groups;
  Range all = share(planes * p.out_h, call.share, call.shares);
  if (all.begin == all.end) return;
  const Range next = share(static_cast<std::int64_t>(call.next_weights_bytes), call.share, call.shares);
  const std::int64_t next_bytes = next.end - next.begin < kNextBytes ? next.end - next.begin : kNextBytes;
  GroupedCall c = {p,
                   static_cast<const float*>(call.in[0]),
                   static_cast<const float*>(call.in[1]),
                   epilogue_of(call, p.activation),
                   static_cast<float*>(call.out[0]),
                   {},
                   {},
                   call.next_weights == nullptr ? 0 : next_bytes / 64,
                   0};
  TileCall& t = c.tile;
  t.start = c.start.values;
  t.x_pixel = p.in_c;
  t.x_row = static_cast<std::ptrdiff_t>(p.in_w) * p.in_c;
  t.out.pixel = p.out_c;
  t.depth = p.in_c / p.groups;
  t.out.activation = p.activation;
  if (c.next_lines > 0) {
    t.prefetch = static_cast<const char*>(call.next_weights) + next.begin;
    const std::int64_t blocks = (p.out_c / p.groups + Vec::kLanes - 1) / Vec::kLanes;
    const std::int64_t tiles = (all.end - all.begin) * blocks * p.out_w / kMostSums + 1;
    const std::int64_t each = c.next_lines / (tiles * kTaps * t.depth) + 1;
    c.lines = static_cast<std::int32_t>(each < 4 ? each : 4);
  }
  while (all.begin < all.end) {
    const std::int64_t plane = all.begin / p.out_h;
    const std::int64_t row = all.begin - plane * p.out_h;
    const std::int64_t count = all.end - all.begin < p.out_h - row ? all.end - all.begin : p.out_h - row;
    const std::int64_t n = plane / p.groups;
    (p.stride_w == 1 ? run_group<1> : run_group<2>)(c, n, plane - n * p.groups, {row, row + count});
    all.begin += count;
  }
}

}  // namespace kite::KITE_TARGET
