// SPDX-License-Identifier: Apache-2.0
// How a Winograd convolution is cut. Decided outside the kernels, which read it.
#pragma once

#include <cstdint>

#include "kernels/conv/geometry.h"

namespace kite {

constexpr std::int64_t kPlaces = 16;  // of a transformed 4x4 tile: as many matrix products

// Tiles are shared out among threads in multiples of this: half of the widest register tile.
constexpr std::int64_t kUnitTiles = 7;

// Of weights that have 8 bits, so many floats are transformed and in use at a time: 1 MB, the smallest L2 in use.
constexpr std::int64_t kWinogradCodesFloats = 256 * 1024;

struct WinogradGeometry {
  std::int64_t group_in, group_out;
  std::int64_t tiles_w, tiles;       // of a row of 2x2 outputs; of all pictures
  std::int64_t block;                // tiles that are transformed, multiplied and transformed back together
  std::int64_t in_plane, out_plane;  // floats from one place to the next, of transformed pixels and of products
};

// What is decided of a call before the first run, for all shares.
struct WinogradWalk {
  WinogradGeometry geometry;
  PanelCut cut;         // of one group's output channels
  std::int64_t panels;  // of one group
  std::int64_t units;   // of kUnitTiles tiles, the last one not full
  ConvSplit split;
};

}  // namespace kite
