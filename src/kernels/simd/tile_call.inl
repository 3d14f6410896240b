// SPDX-License-Identifier: Apache-2.0
// What a register tile is told, and how it begins and ends: sums start at the bias; the sum so far, the residual and
// the activation come when they are done. The loops between are simd/tile.inl and grouped/tile.inl.
#pragma once

#include "kernels/simd/activation.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr int kMaxSegments = 4;

// At most this much of the next step's weights is worth fetching early: more would push out what this step uses. A step
// expects that the one before it has done so.
constexpr std::int64_t kNextBytes = 768 * 1024;

struct TileCall {
  const float* x[kMaxSegments];          // first pixel of each segment, first tap, first channel
  float* y[kMaxSegments];                // first pixel of each segment, first output channel of the panel
  const float* residual[kMaxSegments];   // likewise; null where there is none
  std::ptrdiff_t x_pixel, x_row, x_tap;  // floats from one pixel, row of taps, tap to the next
  std::ptrdiff_t y_pixel;                // floats from one pixel to the next, in y and residual
  const float* w;                        // panel [rows][taps][depth][Blocks * Vec::kLanes]
  const float* bias;                     // of the panel; null where there is none
  const char* prefetch;                  // walked through, prefetch_lines lines for each 4 channels
  std::int32_t prefetch_lines;
  std::int32_t rows, taps, depth;
  std::int32_t last_lanes;  // of the last block: 1..Vec::kLanes
  bool continued;           // y holds the sum so far, bias included: what is summed here is added to it
  bool unfinished;          // more is to be added: no residual, no activation yet
  ActivationForm activation;
};

// The activations that are more than a clamp, applied to what the tile has stored.
template <int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void activate_tile(const TileCall& t) {
  const int lanes = (Blocks - 1) * Vec::kLanes + t.last_lanes;
  const bool joined = Segments == 1 || t.y[Segments - 1] == t.y[0] + (Segments - 1) * Length * t.y_pixel;
  for (int s = 0; s < (joined ? 1 : Segments); ++s) {
    activate_rows(t.y[s], joined ? Segments * Length : Length, t.y_pixel, lanes, t.activation);
  }
}

// Every sum starts at the bias (0 where there is none, or where the sum goes on from what y holds): no pass of its own
// over the sums at the end.
template <int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void start_tile(const TileCall& t, Vec (&sum)[Segments][Length][Blocks]) {
#pragma GCC unroll 8
  for (int b = 0; b < Blocks; ++b) {
    Vec bias = zero();
    if (t.bias != nullptr && !t.continued) {
      bias = b < Blocks - 1 ? load(t.bias + b * Vec::kLanes) : load_n(t.bias + b * Vec::kLanes, t.last_lanes);
    }
#pragma GCC unroll 8
    for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
      for (int l = 0; l < Length; ++l) sum[s][l][b] = bias;
    }
  }
}

// The lines that a tile writes, and those of the residual that it adds: fetched while it computes, a pixel at a time. A
// store to a line that is not in L1 would otherwise wait for it when the sums are done and nothing else is left to do.
// Only where kTuning.fetches_output.
struct OutputLines {
  const TileCall& t;
  const char* y;
  std::ptrdiff_t residual;  // bytes from y to the residual; 0 where there is none or it is y itself
  std::int32_t segment, pixels, left;

  OutputLines(const TileCall& call, int segments, int length)
      : t(call), y(nullptr), residual(0), segment(segments), pixels(length), left(0) {
    if (call.residual[0] != nullptr) {
      residual = reinterpret_cast<const char*>(call.residual[0]) - reinterpret_cast<const char*>(call.y[0]);
    }
  }

  template <int Lines>
  void fetch_pixel() {
    if (left == 0) {
      if (segment == 0) return;
      y = reinterpret_cast<const char*>(t.y[--segment]);
      left = pixels;
    }
#pragma GCC unroll 4
    for (int i = 0; i < Lines; ++i) {
      prefetch_write(y + i * 64);
      if (residual != 0) prefetch_l1(y + residual + i * 64);
    }
    y += t.y_pixel * 4;
    --left;
  }
};

// Adds the sum so far and the residual, clamps where the activation is a clamp, stores. Full: every
// block has all its lanes.
template <int Segments, int Length, int Blocks, bool Full>
static inline __attribute__((always_inline)) void finish_tile(const TileCall& t, Vec (&sum)[Segments][Length][Blocks]) {
  const auto add_up = [&](const auto& first) __attribute__((always_inline)) {
#pragma GCC unroll 8
    for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
      for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 8
        for (int b = 0; b < Blocks; ++b) {
          const float* from = first[s] + l * t.y_pixel + b * Vec::kLanes;
          sum[s][l][b] = add(sum[s][l][b], Full || b < Blocks - 1 ? load(from) : load_n(from, t.last_lanes));
        }
      }
    }
  };
  if (t.continued) add_up(t.y);
  if (t.residual[0] != nullptr && !t.unfinished) add_up(t.residual);
  const Activation activation = t.unfinished ? Activation::kNone : t.activation.kind;
  if (activation == Activation::kRelu || activation == Activation::kClip) {
    const Vec low = splat(activation == Activation::kClip ? t.activation.a : 0.0f);
#pragma GCC unroll 8
    for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
      for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 8
        for (int b = 0; b < Blocks; ++b) sum[s][l][b] = max(sum[s][l][b], low);
      }
    }
  }
  if (activation == Activation::kClip) {
    const Vec high = splat(t.activation.b);
#pragma GCC unroll 8
    for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
      for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 8
        for (int b = 0; b < Blocks; ++b) sum[s][l][b] = min(sum[s][l][b], high);
      }
    }
  }
#pragma GCC unroll 8
  for (int s = 0; s < Segments; ++s) {
    float* y = t.y[s];
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l, y += t.y_pixel) {
#pragma GCC unroll 8
      for (int b = 0; b < Blocks; ++b) {
        if (Full || b < Blocks - 1) {
          store(y + b * Vec::kLanes, sum[s][l][b]);
        } else {
          store_n(y + b * Vec::kLanes, sum[s][l][b], t.last_lanes);
        }
      }
    }
  }
}

}  // namespace kite::KITE_TARGET
