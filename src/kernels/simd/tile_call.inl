// SPDX-License-Identifier: Apache-2.0
// What a register tile is called with, and how it begins: sums start at the bias. simd/tile.inl and grouped/tile.inl
// sum, simd/finish.inl has the end.
#pragma once

#include "kernels/simd/finish.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// At most this much of the next step's weights is worth fetching early: more would push out what this step uses. A step
// expects that the one before it has done so.
constexpr std::int64_t kNextBytes = kTuning.next_bytes;

struct TileCall {
  const float* x[kMaxSegments];          // first pixel of each segment, first tap, first channel
  std::ptrdiff_t x_pixel, x_row, x_tap;  // floats from one pixel, row of taps, tap to the next
  const float* w;                        // panel [rows][taps][depth][Blocks * Vec::kLanes]
  const float* start;                    // StartOfSums
  const char* prefetch;                  // walked through, prefetch_lines lines for each 4 channels
  std::int32_t prefetch_lines;
  std::int32_t rows, taps, depth;
  OutputBlock out;
};

// What the sums of a panel start at: the bias (0 without a bias, or where a sum goes on from what y holds), in whole
// vectors. No pass of its own over the sums at the end, and nothing to decide in a tile.
struct StartOfSums {
  alignas(64) float values[4 * Vec::kLanes];

  // `bias`: of the panel's `blocks` vectors, the last of which has `last_lanes`; null for zeros.
  void set(const float* bias, int blocks, int last_lanes) {
    for (int b = 0; b < blocks; ++b) {
      const float* const from = bias + b * Vec::kLanes;
      const Vec start = bias == nullptr ? zero() : b < blocks - 1 ? load(from) : load_n(from, last_lanes);
      store(values + b * Vec::kLanes, start);
    }
  }
};

template <int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void start_tile(const TileCall& t, Vec (&sum)[Segments][Length][Blocks]) {
#pragma GCC unroll 8
  for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 8
      for (int b = 0; b < Blocks; ++b) sum[s][l][b] = load(t.start + b * Vec::kLanes);
    }
  }
}

// The lines that a tile writes, and those of the residual that it adds: fetched while it computes, a pixel at a time. A
// store to a line that is not in L1 would otherwise wait for it when the sums are done and nothing else is left to do.
// Only where kTuning.fetches_output.
struct OutputLines {
  const TileCall& t;
  const char* y;
  std::ptrdiff_t offset;    // floats from the call's first tile to this one, in y and residual
  std::ptrdiff_t residual;  // bytes from y to the residual; 0 without a residual or where it is y itself
  std::int32_t segment, pixels, left;

  OutputLines(const TileCall& call, int segments, int length, std::ptrdiff_t at = 0)
      : t(call), y(nullptr), offset(at), residual(0), segment(segments), pixels(length), left(0) {
    if (call.out.residual[0] != nullptr) {
      residual = reinterpret_cast<const char*>(call.out.residual[0]) - reinterpret_cast<const char*>(call.out.y[0]);
    }
  }

  template <int Lines>
  void fetch_pixel() {
    if (left == 0) {
      if (segment == 0) return;
      y = reinterpret_cast<const char*>(t.out.y[--segment] + offset);
      left = pixels;
    }
#pragma GCC unroll 4
    for (int i = 0; i < Lines; ++i) {
      prefetch_write(y + i * 64);
      if (residual != 0) prefetch_l1(y + residual + i * 64);
    }
    y += t.out.pixel * 4;
    --left;
  }
};

}  // namespace kite::KITE_TARGET
