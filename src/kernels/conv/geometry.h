// SPDX-License-Identifier: Apache-2.0
// What follows from ConvParams alone: how x is read, how the output channels fall into panels, how bands are cut and
// threads share the work. Decided outside the kernels, which read it.
// Everything is 64-bit; fits() has bounded the params, so that nothing here overflows.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"
#include "kernels/target.h"

namespace kite {

struct Range {
  std::int64_t begin, end;
};
static inline Range share(std::int64_t total, std::int64_t index, std::int64_t shares) {
  return {total * index / shares, total * (index + 1) / shares};
}

struct ConvGeometry {
  std::int64_t group_in, group_out;  // channels per group
  std::int64_t pixels;               // batch * out_h * out_w
  bool flat;  // 1x1, stride 1, no padding, one group: x is a matrix of pixels and the rows of the picture do not matter
  bool banded;  // rows of x are copied into scratch first, padded with zero columns (and made channels-last)
  bool planes;  // x is a picture of three planes, which the tiles read plane by plane (conv/planes.inl)
  std::int64_t taps, tap_depth;  // of a row of taps: kernel_w of group_in; or one run, where neighbours are contiguous
  std::int64_t band_w;           // columns of a scratch row
  std::int64_t column;           // floats from one scratch column to the next: group_in and sometimes a gap
  std::int64_t band_out_rows;    // output rows for one filling of the scratch, or for one sweep over the panels
  std::int64_t band_in_rows;     // input rows that those need at most
};

// The scratch stays in a part of L2 (1 MB on the smallest of today's server cores) beside the weights that stream by.
constexpr std::int64_t kBandBytes = 512 * 1024;

// Of three planes little is read: their rows stay in L1 and beside it.
constexpr std::int64_t kPlaneBandBytes = 64 * 1024;
constexpr std::int64_t kPlanePixels = 6;  // of the longest tile that reads them

// No more products than this go into one sum; longer ones are cut into pieces, whose sums are added up in y:
// regnet_y_16gf comes to 1.4 of ONNX Runtime's distance from double precision, from 1.9 with sums of any length, in no
// more time. It also keeps the weights of a piece and of the next one in L2 together.
constexpr std::int64_t kPieceDepth = 400;

// Pixels a multiple of 4 KB apart fall into one set of L1 (64 sets of 64-byte lines, 8 or 12 ways on today's
// processors), where a tile's pixels and its weights would push each other out. A copy in scratch leaves a gap.
constexpr std::int64_t kConflictBytes = 4096;
constexpr std::int64_t kColumnGap = 16;  // floats: one line

// `reads_planes`: of the target (target.h).
[[nodiscard]] ConvGeometry conv_geometry(const ConvParams& params, bool reads_planes) noexcept;

// The rows of taps of an output row that lie inside the picture.
static inline Range rows_inside(const ConvParams& p, std::int64_t out_row) {
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

// How the output channels of a group, in blocks of `lanes`, fall into panels: `count` of `blocks` blocks each, then
// `rest_count` of `rest_blocks`.
//
// Panels of three; for what three does not divide, one or two of four, or of two where registers are too few for four.
struct PanelCut {
  std::int64_t count, blocks, rest_count, rest_blocks;
};
static inline PanelCut panel_cut(std::int64_t channels, std::int64_t lanes, const Tuning& tuning) {
  const std::int64_t blocks = (channels + lanes - 1) / lanes;
  if (blocks < 3) return {1, blocks, 0, 0};
  if (blocks % 3 == 0) return {blocks / 3, 3, 0, 0};
  if (tuning.most_blocks < 4) {
    return blocks % 3 == 1 ? PanelCut{(blocks - 4) / 3, 3, 2, 2} : PanelCut{(blocks - 2) / 3, 3, 1, 2};
  }
  if (blocks % 3 == 1) return {(blocks - 4) / 3, 3, 1, 4};
  return blocks == 5 ? PanelCut{1, 3, 1, 2} : PanelCut{(blocks - 8) / 3, 3, 2, 4};
}
static inline std::int64_t panel_count(const PanelCut& cut) { return cut.count + cut.rest_count; }
static inline std::int64_t panel_blocks(const PanelCut& cut, std::int64_t panel) {
  return panel < cut.count ? cut.blocks : cut.rest_blocks;
}
// Blocks before `panel`; with panel_count(cut), all of them.
static inline std::int64_t panel_first_block(const PanelCut& cut, std::int64_t panel) {
  const std::int64_t rest = panel < cut.count ? 0 : panel - cut.count;
  return (panel - rest) * cut.blocks + rest * cut.rest_blocks;
}
// Floats of one group's packed weights for each input channel and tap: the same for all widths up to 16 lanes.
static inline std::int64_t packed_width(std::int64_t channels) { return (channels + 15) / 16 * 16; }

// Threads as a grid: `pixels` x `channels` shares.
struct ConvSplit {
  std::int64_t pixels, channels;
};

// The grid of `shares` threads with the least time for the slowest one. `pixel_units` and `channel_units` are what can
// be shared out, `lanes` the floats of a vector.
[[nodiscard]] ConvSplit conv_split(const ConvParams& params, std::int64_t pixel_units, std::int64_t channel_units,
                                   std::int64_t shares, std::int64_t lanes) noexcept;

// What is decided of a call before the first run, for all shares: where they begin and how they walk.
struct ConvWalk {
  ConvGeometry geometry;
  PanelCut cut;              // of one group's output channels
  std::int64_t panels;       // of one group
  std::int64_t unit;         // pixels of a matrix that are shared out together
  std::int64_t pixel_units;  // of a matrix; otherwise rows of all pictures
  ConvSplit split;
};

}  // namespace kite
