// SPDX-License-Identifier: Apache-2.0
// The first convolution of a network, straight from the three planes of a picture (kTuning.reads_planes). Its sums are
// short, 27 products for 3x3: what it costs to join planes into pixels and to set up each tile is much beside them.
//
// The order of a sum is that of the other tiles: rows of taps, taps, channels.
#pragma once

#include "kernels/conv/geometry.h"
#include "kernels/simd/tile.inl"

namespace kite::KITE_TARGET {

// One plane's pixels for `Pixels` outputs. Four blocks are two panels of two, `second` floats apart: three pixels in
// registers and a weight at a time, 7 loads for 12 multiply-adds.
template <int Pixels, int Blocks>
static inline __attribute__((always_inline)) void add_plane(Vec (&sum)[1][Pixels][Blocks], const float* x,
                                                            const float* w, std::ptrdiff_t second,
                                                            const PixelSteps& d) {
  const char* const from[1] = {reinterpret_cast<const char*>(x)};
  if constexpr (Blocks < 4) {
    add_channel<1, Pixels, Blocks, false>(sum, from, w, 0, d);
  } else {
    Vec value[Pixels];
#pragma GCC unroll 3
    for (int i = 0; i < Pixels; ++i) value[i] = splat(*reinterpret_cast<const float*>(from[0] + i * d.d1));
#pragma GCC unroll 4
    for (int b = 0; b < Blocks; ++b) {
      const Vec weight = load((b < 2 ? w : w + second) + b % 2 * Vec::kLanes);
#pragma GCC unroll 3
      for (int i = 0; i < Pixels; ++i) sum[0][i][b] = accumulate(value[i], weight, sum[0][i][b]);
    }
  }
}

// A row of kPlanePixels outputs or more, without a residual. t.x: the three planes; a row of weights is the taps and
// channels of one row of taps.
template <int Pixels, int Blocks>
__attribute__((noinline)) static void plane_row(TileCall& t, std::ptrdiff_t second, std::int64_t pixels) {
  static_assert(Pixels <= kPlanePixels && Pixels * Blocks + (Blocks == 4 ? Pixels : Blocks) + 1 <= kRegisters);
  constexpr int kWidth = (Blocks == 4 ? 2 : Blocks) * Vec::kLanes;
  const std::ptrdiff_t step = t.x_pixel * 4, x_row = t.x_row;
  PixelSteps d = {step, 2 * step, 3 * step, 5 * step, 6 * step};
  const float* const planes[3] = {t.x[0], t.x[1], t.x[2]};
  const float* const weights = t.w;
  const int rows = t.rows, taps = t.taps;
  float* const y = t.out.y[0];
  for (std::int64_t done = 0; done < pixels; done += Pixels) {
    // The last tile begins earlier where less than a tile is left, and computes some outputs again.
    const std::int64_t first = pixels - done < Pixels ? pixels - Pixels : done;
    Vec sum[1][Pixels][Blocks];
    start_tile<1, Pixels, Blocks>(t, sum);
    const float* w = weights;
    for (int row = 0; row < rows; ++row) {
      const std::ptrdiff_t offset = row * x_row + first * t.x_pixel;
      const float* x[3] = {planes[0] + offset, planes[1] + offset, planes[2] + offset};
      for (int tap = 0; tap < taps; ++tap, w += 3 * kWidth) {
        asm("" : "+r"(d.d1), "+r"(d.d2), "+r"(d.d3), "+r"(d.d5), "+r"(d.d6));
#pragma GCC unroll 3
        for (int c = 0; c < 3; ++c) add_plane<Pixels, Blocks>(sum, x[c]++, w + c * kWidth, second, d);
      }
    }
    t.out.y[0] = y + first * t.out.pixel;
    finish(t.out, sum);
  }
}

static void plane_row_of(TileCall& t, int blocks, std::ptrdiff_t second, std::int64_t pixels) {
  switch (blocks) {
    case 1: return plane_row<6, 1>(t, second, pixels);
    case 2: return plane_row<6, 2>(t, second, pixels);
    case 3: return plane_row<4, 3>(t, second, pixels);
    default: return plane_row<3, 4>(t, second, pixels);
  }
}

}  // namespace kite::KITE_TARGET
