// SPDX-License-Identifier: Apache-2.0
// What follows from QConvParams alone: how x is read, how the output channels fall into panels, how the work is shared.
#pragma once

#include <cstdint>

#include "kernels/conv/geometry.h"
#include "kernels/qconv/qconv_params.h"

namespace kite {

// More products than this could pass 32 bits: 32768 * 255 * 255 < 2^31.
constexpr std::int64_t kMostQProducts = 32768;

// x and the weights that stream by stay in L2 together.
constexpr std::int64_t kQBandBytes = 256 * 1024;
// Products are summed four at a time, so a run of x may be read this far beyond its end.
constexpr std::int64_t kQSlack = 64;
// Pixels of a matrix that are shared out together: a multiple of every tile's.
constexpr std::int64_t kQUnit = 12;

// The parts of the table, each with one number of 32 bits for each output channel: groups * width of them.
enum QTable : std::int64_t {
  kQBias,     // int32
  kQTotals,   // int32: the sum of the channel's weights without their zero point
  kQZeros,    // int32: the zero point of the weights as they are packed
  kQFactors,  // float
  kQAddends,  // float
  kQTableParts,
};

struct QConvWalk {
  bool depthwise;  // each channel has one filter of its own
  bool flat;       // 1x1, stride 1, no padding, one group: x is a matrix of pixels
  bool copied;     // rows of x go through scratch: padded, made unsigned and channels-last, their runs a multiple of 4
  bool fused_dot;  // whether the processor has instructions for sums of four products
  std::int64_t group_in, group_out;
  std::int64_t width;            // output channels of a group, rounded up to the widest vector
  std::int64_t taps, depth;      // of a row of taps: kernel_w runs of group_in bytes, or one of all of them
  std::int64_t quads;            // of a run: fours of products
  std::int64_t channel_weights;  // bytes of packed weights for each output channel
  std::int64_t column;           // bytes from one column of x to the next
  std::int64_t band_w;           // columns of a scratch row
  std::int64_t band_out_rows;    // output rows (of `flat`: pixels) for one filling of the scratch
  std::int64_t band_in_rows;     // input rows that those need at most
  std::int64_t panel_blocks;     // vectors of output channels of a panel; the last one may have fewer
  std::int64_t panels;           // of one group; of depthwise, vectors of channels
  std::int64_t pixel_units;      // rows of all pictures; of `flat`, kQUnit pixels each
  ConvSplit split;
};

}  // namespace kite
