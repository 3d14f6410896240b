// SPDX-License-Identifier: Apache-2.0
// Where a direct convolution cuts pictures into bands, and how threads share one out.
#include "kernels/conv/geometry.h"

#include <cstdint>

namespace kite {

namespace {

std::int64_t band_in_rows(const ConvParams& p, std::int64_t out_rows) {
  const std::int64_t rows = (out_rows - 1) * p.stride_h + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  return rows < p.in_h ? rows : p.in_h;
}

}  // namespace

ConvGeometry conv_geometry(const ConvParams& p, bool reads_planes) noexcept {
  ConvGeometry g = {};
  g.group_in = p.in_c / p.groups;
  g.group_out = p.out_c / p.groups;
  g.pixels = static_cast<std::int64_t>(p.batch) * p.out_h * p.out_w;
  const std::int64_t last_column = static_cast<std::int64_t>(p.out_w - 1) * p.stride_w +
                                   static_cast<std::int64_t>(p.kernel_w - 1) * p.dilation_w - p.pad_left;
  const bool padded_columns = p.pad_left > 0 || last_column >= p.in_w;
  g.banded = padded_columns || p.input_planar != 0;
  const std::int64_t pixel_bytes = static_cast<std::int64_t>(p.stride_w) * g.group_in * 4;
  g.column = g.group_in + (pixel_bytes % kConflictBytes == 0 ? kColumnGap : 0);
  g.flat = !g.banded && p.groups == 1 && p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 &&
           p.pad_top == 0 && p.out_h == p.in_h && p.out_w == p.in_w;
  const bool dense = g.banded ? g.column == g.group_in : p.groups == 1;
  const bool merged = p.kernel_w == 1 || (p.dilation_w == 1 && dense);
  g.taps = merged ? 1 : p.kernel_w;
  g.tap_depth = merged ? p.kernel_w * g.group_in : g.group_in;
  g.planes = reads_planes && p.input_planar != 0 && p.out_w >= kPlanePixels && p.in_c == 3 && p.groups == 1 &&
             p.dilation_h == 1 && p.dilation_w == 1 &&
             static_cast<std::int64_t>(p.kernel_h) * p.kernel_w * 3 <= kPieceDepth;
  g.band_w = last_column + p.pad_left + 1;
  const std::int64_t row_bytes = g.band_w * g.column * 4;
  std::int64_t rows = p.out_h;
  const std::int64_t band_bytes = g.planes ? kPlaneBandBytes : kBandBytes;
  if (band_in_rows(p, rows) * row_bytes > band_bytes) {
    // in_rows(n) = (n - 1) stride + halo <= limit
    const std::int64_t limit = band_bytes / row_bytes;
    const std::int64_t halo = static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
    rows = limit > halo ? (limit - halo) / p.stride_h + 1 : 1;
    const std::int64_t bands = (p.out_h + rows - 1) / rows;
    rows = (p.out_h + bands - 1) / bands;
  }
  g.band_out_rows = rows;
  g.band_in_rows = band_in_rows(p, rows);
  return g;
}

// The slowest share's multiply-adds plus what it streams (its share of the weights and of x, at 32 bytes in the time of
// one vector multiply-add pair).
ConvSplit conv_split(const ConvParams& p, std::int64_t pixel_units, std::int64_t channel_units, std::int64_t shares,
                     std::int64_t lanes) noexcept {
  const double taps = static_cast<double>(p.kernel_h) * p.kernel_w * (p.in_c / p.groups);
  const double pixels = static_cast<double>(p.batch) * p.out_h * p.out_w;
  const double unit_cycles =
      pixels * p.out_c * taps /
      (static_cast<double>(pixel_units) * static_cast<double>(channel_units) * 2.0 * static_cast<double>(lanes));
  const double weight_bytes = 4.0 * taps * p.out_c;
  const double x_bytes = 4.0 * static_cast<double>(p.batch) * p.in_h * p.in_w * p.in_c;
  ConvSplit best = {shares, 1};
  double best_cost = 0;
  for (std::int64_t channels = 1; channels <= shares; ++channels) {
    if (shares % channels != 0) continue;
    const std::int64_t down = shares / channels;
    const std::int64_t units = ((pixel_units + down - 1) / down) * ((channel_units + channels - 1) / channels);
    // Splitting groups splits x too; splitting the channels of one group makes every share read all of x.
    const double x_share = p.groups > 1 ? static_cast<double>(shares) : static_cast<double>(down);
    const double cost = static_cast<double>(units) * unit_cycles +
                        (weight_bytes / static_cast<double>(channels) + x_bytes / x_share) / 32.0;
    if (channels == 1 || cost < best_cost) {
      best_cost = cost;
      best = {down, channels};
    }
  }
  return best;
}

}  // namespace kite
