// SPDX-License-Identifier: Apache-2.0
// How a Winograd convolution is cut, from ConvParams alone. Read outside the kernels, too, so that both count the same
// scratch.
#pragma once

#include <cstdint>

#include "kernels/conv/conv_params.h"

namespace kite {

constexpr std::int64_t kPlaces = 16;  // of a transformed 4x4 tile: as many matrix products

// Tiles are shared out among threads in multiples of this: half of the widest register tile.
constexpr std::int64_t kUnitTiles = 7;

struct WinogradGeometry {
  std::int64_t group_in, group_out;
  std::int64_t tiles_w, tiles;       // of a row of 2x2 outputs; of all pictures
  std::int64_t block;                // tiles that are transformed, multiplied and transformed back together
  std::int64_t in_plane, out_plane;  // floats from one place to the next, of transformed pixels and of products
};

// Places lie an odd number of cache lines apart: sixteen of them a multiple of 4 KB apart would fall into one set of
// L1.
static inline std::int64_t odd_lines(std::int64_t floats) { return ((floats + 15) / 16 | 1) * 16; }

// Transformed pixels and products of one block should stay in L2; a block of fewer than about 48 tiles would stream
// weights that do not stay there once more for too few multiply-adds.
constexpr std::int64_t kBlockBytes = 512 * 1024;
constexpr std::int64_t kBlockTiles = 49;

static inline WinogradGeometry winograd_geometry(const ConvParams& p) {
  WinogradGeometry g = {};
  g.group_in = p.in_c / p.groups;
  g.group_out = p.out_c / p.groups;
  g.tiles_w = (static_cast<std::int64_t>(p.out_w) + 1) / 2;
  g.tiles = g.tiles_w * ((static_cast<std::int64_t>(p.out_h) + 1) / 2) * p.batch;
  std::int64_t most = kBlockBytes / (kPlaces * 4 * (g.group_in + g.group_out));
  if (most < kBlockTiles) most = kBlockTiles;
  if (most > g.tiles) most = g.tiles;
  const std::int64_t blocks = (g.tiles + most - 1) / most;
  g.block = ((g.tiles + blocks - 1) / blocks + kUnitTiles - 1) / kUnitTiles * kUnitTiles;
  g.in_plane = odd_lines(g.block * g.group_in);
  g.out_plane = odd_lines(g.block * g.group_out);
  return g;
}

// Scratch: transformed pixels, products, and one pixel of zeros for what lies outside the picture.
static inline std::int64_t winograd_scratch_floats(const WinogradGeometry& g) {
  return kPlaces * (g.in_plane + g.out_plane) + (g.group_in + 15) / 16 * 16;
}

}  // namespace kite
