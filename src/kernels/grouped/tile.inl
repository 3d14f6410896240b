// SPDX-License-Identifier: Apache-2.0
// The register tile of narrow groups: `Length` neighbours in each of `Segments` rows, one vector of output channels.
// For each row of taps and input channel the three weights of that row are loaded once, each pixel once, and every
// output that the pixel falls under takes it: 4 x 7 outputs of stride 1 load 3 + 36 vectors for 84 multiply-adds.
//
// Registers: Segments * Length sums + 3 weights + 1 pixel <= kRegisters. A row of pixels needs one pointer and an
// index register for each odd column but the last: p + {0, 1, 2, 3, 4, 5, 6, 7, 8} d is p + {0, d, 2d, 3d, 4d, 5d,
// 2(3d), 7d, 8d} in x86 addressing, four registers for the nine columns of stride 1, seven for the fifteen of stride 2.
#pragma once

#include "kernels/simd/tile_call.inl"

namespace kite::KITE_TARGET {

constexpr int kTaps = 3;  // in a row and in a column
constexpr int kMostColumns = 15;
constexpr int kMostIndexed = 9;  // columns that d1 to d7 reach
constexpr int kMostSums = kRegisters - kTaps - 1;

// Where the outermost tap of a run's first, of its last output falls into the padding.
struct Edges {
  bool left, right;
};

// Distances between columns, in bytes.
struct ColumnSteps {
  std::ptrdiff_t d1, d3, d5, d7, d9, d11, d13;
};

static inline __attribute__((always_inline)) const char* column_at(const char* x, int column, const ColumnSteps& d) {
  switch (column) {
    case 0: return x;
    case 1: return x + d.d1;
    case 2: return x + 2 * d.d1;
    case 3: return x + d.d3;
    case 4: return x + 4 * d.d1;
    case 5: return x + d.d5;
    case 6: return x + 2 * d.d3;
    case 7: return x + d.d7;
    case 8: return x + 8 * d.d1;
    case 9: return x + d.d9;
    case 10: return x + 2 * d.d5;
    case 11: return x + d.d11;
    case 12: return x + 4 * d.d3;
    case 13: return x + d.d13;
    default: return x + 2 * d.d7;
  }
}

// t.x: the pixel under the first tap of each segment's first output; it is outside the picture, and not read, at a left
// edge. t.w: [rows of taps][depth][3][kLanes].
template <int Stride, int Segments, int Length>
static void grouped_tile(const TileCall& t, Edges edges) {
  constexpr int kColumns = (Length - 1) * Stride + kTaps;
  static_assert(Segments * Length <= kMostSums && Segments <= kMaxSegments && kColumns <= kMostColumns);
  Vec sum[Segments][Length][1];
  start_tile<Segments, Length, 1>(t, sum);
  OutputLines output(t, Segments, Length);
  const float* w = t.w;
  const char* prefetch = t.prefetch;
  const std::ptrdiff_t step = t.x_pixel * 4;
  ColumnSteps d = {step, 3 * step, 5 * step, 7 * step, 9 * step, 11 * step, 13 * step};
  for (int row = 0; row < t.rows; ++row) {
    const char* x[Segments];
#pragma GCC unroll 4
    for (int s = 0; s < Segments; ++s) x[s] = reinterpret_cast<const char*>(t.x[s] + row * t.x_row);
    if (Stride == 2) {
      for (int s = 0; s < Segments; ++s) {
        const char* ahead = x[s] + kColumns * step;
        for (int i = 0; i < Length * Stride; ++i, ahead += step) prefetch_l1(ahead);
      }
    }
    for (int c = 0; c < t.depth; ++c, w += kTaps * Vec::kLanes) {
      // The empty asm keeps the compiler from turning the steps into one pointer a column, which would not fit.
      asm("" : "+r"(d.d1), "+r"(d.d3), "+r"(d.d5), "+r"(d.d7));
      if (kColumns > kMostIndexed) asm("" : "+r"(d.d9), "+r"(d.d11), "+r"(d.d13));
      Vec weight[kTaps];
#pragma GCC unroll 4
      for (int tap = 0; tap < kTaps; ++tap) weight[tap] = load(w + tap * Vec::kLanes);
#pragma GCC unroll 16
      for (int column = 0; column < kColumns; ++column) {
        if (column == 0 && edges.left) continue;
        if (column == kColumns - 1 && edges.right) continue;
#pragma GCC unroll 4
        for (int s = 0; s < Segments; ++s) {
          const auto* const at = reinterpret_cast<const float*>(column_at(x[s], column, d));
          if ((Stride == 2 && column % 2 == 1) || column == 0 || column == kColumns - 1) {  // under one output only
            const int l = column == 0 ? 0 : column == kColumns - 1 ? Length - 1 : column / Stride;
            sum[s][l][0] = accumulate_splat(at, weight[column - l * Stride], sum[s][l][0]);
            continue;
          }
          const Vec pixel = splat(*at);
#pragma GCC unroll 8
          for (int l = 0; l < Length; ++l) {
            const int tap = column - l * Stride;
            if (tap >= 0 && tap < kTaps) sum[s][l][0] = accumulate(pixel, weight[tap], sum[s][l][0]);
          }
        }
      }
#pragma GCC unroll 4
      for (int s = 0; s < Segments; ++s) x[s] += 4;
      for (int i = t.prefetch_lines; i > 0; --i, prefetch += 64) prefetch_l2(prefetch);
      if (kTuning.fetches_output) output.fetch_pixel<1>();
    }
  }
  finish(t.out, sum);
}

using GroupedTileFn = void (*)(const TileCall&, Edges);

// The longest run of outputs: four rows of it fill the registers, and its columns can be addressed.
constexpr int kRunLength = 7;

// Rows of a tile of `length`.
static constexpr int tile_rows(int length) {
  return kMostSums / length < kMaxSegments ? kMostSums / length : kMaxSegments;
}

template <int Stride, int Segments, int Length>
static constexpr GroupedTileFn tile_that_fits() {
  constexpr int kLength = Length < kRunLength ? Length : kRunLength;
  return grouped_tile<Stride, (Segments < tile_rows(kLength) ? Segments : tile_rows(kLength)), kLength>;
}
template <int Stride, int Segments>
static GroupedTileFn tile_of_length(int length) {
  switch (length) {
    case 1: return tile_that_fits<Stride, Segments, 1>();
    case 2: return tile_that_fits<Stride, Segments, 2>();
    case 3: return tile_that_fits<Stride, Segments, 3>();
    case 4: return tile_that_fits<Stride, Segments, 4>();
    case 5: return tile_that_fits<Stride, Segments, 5>();
    case 6: return tile_that_fits<Stride, Segments, 6>();
    default: return tile_that_fits<Stride, Segments, 7>();
  }
}

// The tile of `rows` (at most tile_rows(length)) times `length` (at most kRunLength) outputs.
template <int Stride>
static GroupedTileFn find_tile(int rows, int length) {
  switch (rows) {
    case 1: return tile_of_length<Stride, 1>(length);
    case 2: return tile_of_length<Stride, 2>(length);
    case 3: return tile_of_length<Stride, 3>(length);
    default: return tile_of_length<Stride, 4>(length);
  }
}

}  // namespace kite::KITE_TARGET
