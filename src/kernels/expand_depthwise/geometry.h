// SPDX-License-Identifier: Apache-2.0
// What a 1x1 convolution and the depthwise convolution behind it need to know to be one step, and how they walk. Plain
// structs: files compiled for one ISA include this.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

struct ExpandDepthwiseParams {
  ConvParams expand;     // 1x1, stride 1, of every pixel
  ConvParams depthwise;  // of what that makes
};

// What is decided of a call before the first run, for all shares.
struct ExpandDepthwiseWalk {
  std::int64_t panels;        // of all expanded channels
  std::int64_t chunk_panels;  // of them that are expanded together
  std::int64_t band_rows;     // output rows for one filling of the scratch
};

// Input rows of the depthwise convolution that lie inside the picture and belong to output rows [row, row + rows).
struct RowsRead {
  std::int64_t first, last;
};
static inline RowsRead rows_read(const ConvParams& p, std::int64_t row, std::int64_t rows) {
  const std::int64_t first = row * p.stride_h - p.pad_top;
  const std::int64_t last = (row + rows - 1) * p.stride_h - p.pad_top + p.kernel_h;
  return {first < 0 ? 0 : first, last < p.in_h ? last : p.in_h};
}

}  // namespace kite
