// SPDX-License-Identifier: Apache-2.0
// The register tile that convolution, dense layers and matrix products share: a few pixels times a few vectors of
// output channels, summed over rows of taps, taps and channels without leaving the registers.
//
// Pixels come in segments: a segment is `Length` pixels at one constant distance, so seven of them need one pointer and
// three index registers: p + {0, 1, 2, 3, 4, 5, 6} d is p + {0, d, 2d, 3d, 4d, 5d, 2(3d)} in x86 addressing.
// Registers: Segments * Length * Blocks sums + Blocks weights + 1 broadcast <= kRegisters.
// A tile needs about 8 sums or more to hide the latency of a multiply-add (4 cycles, 2 a cycle), and few loads for each
// multiply-add: conv/geometry.h has what was measured.
#pragma once

#include "kernels/simd/tile_call.inl"

namespace kite::KITE_TARGET {

// Distances between the pixels of a segment, in bytes.
struct PixelSteps {
  std::ptrdiff_t d1, d2, d3, d5, d6;
};

// One channel of every pixel: `offset` bytes from x. HalfLast: of the last block only the lower half of the lanes
// counts.
template <int Segments, int Length, int Blocks, bool HalfLast>
static inline __attribute__((always_inline)) void add_channel(Vec (&sum)[Segments][Length][Blocks],
                                                              const char* const (&x)[Segments], const float* w,
                                                              int offset, const PixelSteps& d) {
  Vec weight[Blocks];
#pragma GCC unroll 8
  for (int b = 0; b < Blocks; ++b) weight[b] = load(w + b * Vec::kLanes);
#pragma GCC unroll 8
  for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l) {
      const char* pixel = l == 0   ? x[s]
                          : l == 1 ? x[s] + d.d1
                          : l == 2 ? x[s] + d.d2
                          : l == 3 ? x[s] + d.d3
                          : l == 4 ? x[s] + 4 * d.d1
                          : l == 5 ? x[s] + d.d5
                                   : x[s] + d.d6;
      const auto* const at = reinterpret_cast<const float*>(pixel + offset);
      if (Blocks == 1) {
        sum[s][l][0] = accumulate_splat(at, weight[0], sum[s][l][0]);
        continue;
      }
      if (Blocks == 2 && HalfLast) {  // a pixel serves too few lanes to be worth a register
        sum[s][l][0] = accumulate_splat(at, weight[0], sum[s][l][0]);
        sum[s][l][1] = accumulate_splat_low(at, weight[1], sum[s][l][1]);
        continue;
      }
      const Vec value = splat(*at);
#pragma GCC unroll 8
      for (int b = 0; b < Blocks; ++b) {
        sum[s][l][b] = HalfLast && b == Blocks - 1 ? accumulate_low(value, weight[b], sum[s][l][b])
                                                   : accumulate(value, weight[b], sum[s][l][b]);
      }
    }
  }
}

// `count` tiles, each right of the one before it, in one function: a call for each and its set-up would take as long as
// the products of sixteen channels. Nothing but the sums, the weights and a pixel may live in vector registers through
// the loops, or 16 of them do not hold it: what sums start at is read from memory, and the end of a tile whose last
// vector is not full (finish_tile) is elsewhere. With an eye on the assembly: in another form of the same, GCC 12
// spills two sums.
template <int Segments, int Length, int Blocks, bool HalfLast>
static void tiles(const TileCall& t, std::int64_t count) {
  static_assert(Segments * Length * Blocks + Blocks + 1 <= kRegisters);
  static_assert(Segments <= kMaxSegments && Length <= 7);
  constexpr int kWidth = Blocks * Vec::kLanes;
  const char* prefetch = t.prefetch;
  const std::ptrdiff_t step = t.x_pixel * 4;
  PixelSteps d = {step, 2 * step, 3 * step, 5 * step, 6 * step};
  // A row that sees nothing but padding has one tap of no channels.
  const int taps = t.rows == 0 ? 1 : t.rows * t.taps;
  const int depth = t.rows == 0 ? 0 : t.depth;
  // From behind the channels of a tap to the next one, and more where that begins a row of taps; in bytes.
  const std::ptrdiff_t to_tap = (t.x_tap - depth) * 4, to_row = (t.x_row - t.taps * t.x_tap) * 4;
  std::ptrdiff_t x_at = 0, y_at = 0;
  for (; count > 0; --count, x_at += Segments * Length * step, y_at += Segments * Length * t.out.pixel) {
    Vec sum[Segments][Length][Blocks];
    start_tile<Segments, Length, Blocks>(t, sum);
    OutputLines output(t, Segments, Length, y_at);
    const float* w = t.w;
    const char* x[Segments];
#pragma GCC unroll 8
    for (int s = 0; s < Segments; ++s) x[s] = reinterpret_cast<const char*>(t.x[s]) + x_at;
    for (int tap = 1, column = 1;; ++tap, ++column) {
      for (int chunks = depth / 4; chunks > 0; --chunks) {
        // The empty asm keeps the compiler from turning the steps into one pointer a pixel, which would not fit.
        asm("" : "+r"(d.d1), "+r"(d.d2), "+r"(d.d3), "+r"(d.d5), "+r"(d.d6));
#pragma GCC unroll 4
        for (int c = 0; c < 4; ++c) add_channel<Segments, Length, Blocks, HalfLast>(sum, x, w + c * kWidth, 4 * c, d);
        w += 4 * kWidth;
#pragma GCC unroll 8
        for (int s = 0; s < Segments; ++s) x[s] += 16;
        for (int i = t.prefetch_lines; i > 0; --i, prefetch += 64) prefetch_l2(prefetch);
        if (kTuning.fetches_output) output.fetch_pixel<(kWidth * 4 + 63) / 64>();
      }
#pragma GCC unroll 1
      for (int left = depth % 4; left > 0; --left) {
        asm("" : "+r"(d.d1), "+r"(d.d2), "+r"(d.d3), "+r"(d.d5), "+r"(d.d6));
        add_channel<Segments, Length, Blocks, HalfLast>(sum, x, w, 0, d);
        w += kWidth;
#pragma GCC unroll 8
        for (int s = 0; s < Segments; ++s) x[s] += 4;
      }
      if (tap == taps) break;
      std::ptrdiff_t next = to_tap;
      if (column == t.taps) {
        next += to_row;
        column = 0;
      }
#pragma GCC unroll 8
      for (int s = 0; s < Segments; ++s) x[s] += next;
    }
    finish_tile<HalfLast>(t.out, y_at, sum);
  }
}

using TileFn = void (*)(const TileCall&, std::int64_t count);

// Segments of `length` that one tile of `blocks` takes: 1, 2 or (one block wide) 4.
static constexpr int tile_segments(int length, int blocks) {
  const int fitting = (kRegisters - blocks - 1) / (length * blocks);
  return fitting >= 4 && blocks == 1 ? 4 : fitting >= 2 ? 2 : 1;
}
// Pixels of the largest tile.
static constexpr int tile_pixels(int blocks) {
  return kTuning.segment_pixels[blocks - 1] * tile_segments(kTuning.segment_pixels[blocks - 1], blocks);
}
// Panels of two or three blocks, the last no more than half full (24, 40 and 72 channels), have tiles that spend half
// on that one. Panels of one block so narrow are rare, and of four the gain is an eighth.
constexpr bool has_half_tile(int blocks) { return kTuning.has_half_tiles && (blocks == 2 || blocks == 3); }

// The tile, with the length (and the segments) held to what exists.
template <int Segments, int Length, int Blocks>
static TileFn tile_that_fits(bool half_last) {
  constexpr int kLongest = kTuning.segment_pixels[Blocks - 1];
  constexpr int kLength = Length < kLongest ? Length : kLongest;
  constexpr int kSegments = Segments < tile_segments(kLength, Blocks) ? Segments : tile_segments(kLength, Blocks);
  if (has_half_tile(Blocks) && half_last) return tiles<kSegments, kLength, Blocks, has_half_tile(Blocks)>;
  return tiles<kSegments, kLength, Blocks, false>;
}
template <int Segments, int Blocks>
static TileFn tile_of_length(int length, bool half_last) {
  switch (length) {
    case 1: return tile_that_fits<Segments, 1, Blocks>(half_last);
    case 2: return tile_that_fits<Segments, 2, Blocks>(half_last);
    case 3: return tile_that_fits<Segments, 3, Blocks>(half_last);
    case 4: return tile_that_fits<Segments, 4, Blocks>(half_last);
    case 5: return tile_that_fits<Segments, 5, Blocks>(half_last);
    case 6: return tile_that_fits<Segments, 6, Blocks>(half_last);
    default: return tile_that_fits<Segments, 7, Blocks>(half_last);
  }
}
template <int Blocks>
static TileFn tile_of_segments(int segments, int length, bool half_last) {
  if (segments == 4) return tile_of_length<4, Blocks>(length, half_last);
  return segments == 2 ? tile_of_length<2, Blocks>(length, half_last) : tile_of_length<1, Blocks>(length, half_last);
}

// The tile for `segments` (1, 2 or 4, at most tile_segments), `length` (at most kTuning.segment_pixels) and `blocks`,
// the last of which has `last_lanes`.
static TileFn find_tile(int segments, int length, int blocks, int last_lanes) {
  const bool half_last = 2 * last_lanes <= Vec::kLanes && halves_pay();
  switch (blocks) {
    case 1: return tile_of_segments<1>(segments, length, half_last);
    case 2: return tile_of_segments<2>(segments, length, half_last);
    case 3: return tile_of_segments<3>(segments, length, half_last);
    default: return tile_of_segments<kTuning.most_blocks>(segments, length, half_last);
  }
}

}  // namespace kite::KITE_TARGET
