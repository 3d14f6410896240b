// SPDX-License-Identifier: Apache-2.0
// What follows from ConvParams alone: how x is read, how the output channels fall into panels, how bands are cut.
// Included by conv.cc and by the body compiled for each instruction set, so that both count the same scratch.
// Everything is 64-bit; conv_fits has bounded the params, so that nothing here overflows.
#include "kernels/conv/conv_params.h"

namespace kite::KITE_ISA {

struct ConvGeometry {
  std::int64_t group_in, group_out;  // channels per group
  std::int64_t pixels;               // batch * out_h * out_w
  bool flat;      // 1x1, stride 1, no padding, one group: x is a matrix of pixels and the rows of the picture do not matter
  bool banded;    // rows of x are copied into scratch first, padded with zero columns (and made channels-last)
  bool merged;    // the channels of neighbouring taps are contiguous: a row of taps is one run of kernel_w * group_in
  std::int64_t band_w;               // columns of a scratch row
  std::int64_t band_out_rows;        // output rows for one filling of the scratch, or for one sweep over the panels
  std::int64_t band_in_rows;         // input rows that those need at most
};

// The scratch stays in a part of L2 (1 MB on the smallest of today's server cores) beside the weights that stream by.
constexpr std::int64_t kBandBytes = 256 * 1024;

static inline std::int64_t band_in_rows(const ConvParams& p, std::int64_t out_rows) {
  const std::int64_t rows = (out_rows - 1) * p.stride_h + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  return rows < p.in_h ? rows : p.in_h;
}

static inline ConvGeometry conv_geometry(const ConvParams& p) {
  ConvGeometry g = {};
  g.group_in = p.in_c / p.groups;
  g.group_out = p.out_c / p.groups;
  g.pixels = static_cast<std::int64_t>(p.batch) * p.out_h * p.out_w;
  const std::int64_t last_column =
      static_cast<std::int64_t>(p.out_w - 1) * p.stride_w + static_cast<std::int64_t>(p.kernel_w - 1) * p.dilation_w - p.pad_left;
  const bool padded_columns = p.pad_left > 0 || last_column >= p.in_w;
  g.banded = padded_columns || p.input_planar != 0;
  g.flat = !g.banded && p.groups == 1 && p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 &&
           p.pad_top == 0 && p.out_h == p.in_h && p.out_w == p.in_w;
  g.merged = p.dilation_w == 1 && (g.banded || p.groups == 1);
  g.band_w = last_column + p.pad_left + 1;
  const std::int64_t row_bytes = g.band_w * g.group_in * 4;
  std::int64_t rows = p.out_h;
  if (band_in_rows(p, rows) * row_bytes > kBandBytes) {
    // in_rows(n) = (n - 1) stride + halo <= limit
    const std::int64_t limit = kBandBytes / row_bytes;
    const std::int64_t halo = static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
    rows = limit > halo ? (limit - halo) / p.stride_h + 1 : 1;
    const std::int64_t bands = (p.out_h + rows - 1) / rows;
    rows = (p.out_h + bands - 1) / bands;
  }
  g.band_out_rows = rows;
  g.band_in_rows = band_in_rows(p, rows);
  return g;
}

// Output channels of a group in blocks of `lanes`, the blocks in panels of two; of an odd number the last panel takes
// three (one alone would read x from L1 once for each multiply-add). Measured on Sapphire Rapids with everything in L1:
// 9 pixels x 3 blocks reach 91 % of the multiply-add peak, 14 x 2 86 %, 28 x 1 76 %; but over ResNet-50 panels of three
// blocks lost 6 %, because the weights of a panel stream through fewer pixels.
static inline std::int64_t panel_count(std::int64_t channels, std::int64_t lanes) {
  const std::int64_t blocks = (channels + lanes - 1) / lanes;
  return blocks < 2 ? 1 : blocks / 2;
}
static inline std::int64_t panel_blocks(std::int64_t channels, std::int64_t lanes, std::int64_t panel) {
  const std::int64_t blocks = (channels + lanes - 1) / lanes;
  const std::int64_t left = blocks - 2 * panel;
  return left < 4 ? left : 2;
}
// Floats of one group's packed weights for each input channel and tap: the same for all widths up to 16 lanes.
static inline std::int64_t packed_width(std::int64_t channels) { return (channels + 15) / 16 * 16; }

// Threads as a grid: `pixels` x `channels` parts.
struct ConvSplit {
  std::int64_t pixels, channels;
};

// Least time for the slowest part: its multiply-adds plus what it streams (its share of the weights and of x, at 32 bytes
// in the time of one vector multiply-add pair). `pixel_units` and `channel_units` are what can be shared out.
static inline ConvSplit conv_split(const ConvParams& p, const ConvGeometry& g, std::int64_t pixel_units, std::int64_t channel_units,
                            std::int64_t parts, std::int64_t lanes) {
  const double taps = static_cast<double>(p.kernel_h) * p.kernel_w * static_cast<double>(g.group_in);
  const double unit_cycles = static_cast<double>(g.pixels) * p.out_c * taps /
                             (static_cast<double>(pixel_units) * static_cast<double>(channel_units) * 2.0 * static_cast<double>(lanes));
  const double weight_bytes = 4.0 * taps * p.out_c;
  const double x_bytes = 4.0 * static_cast<double>(p.batch) * p.in_h * p.in_w * p.in_c;
  ConvSplit best = {parts, 1};
  double best_cost = 0;
  for (std::int64_t channels = 1; channels <= parts; ++channels) {
    if (parts % channels != 0) continue;
    const std::int64_t pixels = parts / channels;
    const std::int64_t units = ((pixel_units + pixels - 1) / pixels) * ((channel_units + channels - 1) / channels);
    // Splitting groups splits x too; splitting the channels of one group makes every part read all of x.
    const double x_share = p.groups > 1 ? static_cast<double>(parts) : static_cast<double>(pixels);
    const double cost = static_cast<double>(units) * unit_cycles +
                        (weight_bytes / static_cast<double>(channels) + x_bytes / x_share) / 32.0;
    if (channels == 1 || cost < best_cost) {
      best_cost = cost;
      best = {pixels, channels};
    }
  }
  return best;
}

}  // namespace kite::KITE_ISA
