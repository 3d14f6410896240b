// SPDX-License-Identifier: Apache-2.0
// How sums become outputs, for every kernel that stores any: the sum so far and the residual are added, an activation
// that is a clamp is applied in registers, the result is stored; any other activation then runs over what was stored,
// which is in L1 (activate.h): beside a tile's sums there is no room for it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/epilogue.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr int kMaxSegments = 4;

// Where a block of sums goes: to segments of neighbouring pixels, some vectors of channels of each. As a type the sums
// are Vec[segments][pixels of each][vectors].
struct OutputBlock {
  float* y[kMaxSegments];               // first pixel of each segment, first channel
  const float* residual[kMaxSegments];  // likewise; null without a residual
  std::ptrdiff_t pixel;                 // floats from one pixel to the next, in y and residual
  std::int32_t last_lanes;              // of the last vector: 1..Vec::kLanes
  bool continued;                       // y holds the sum so far, to which these are added
  bool unfinished;                      // more is to be added: no residual, no activation yet
  ActivationForm activation;
};

// Operands 2 and 3 of a convolution are the bias and the residual.
static inline Epilogue epilogue_of(const KernelCall& call, ActivationForm activation) {
  return {static_cast<const float*>(call.in[2]), static_cast<const float*>(call.in[3]), activation};
}

// sum += what lies at `from`, `offset` floats on. Full: every vector has all its lanes.
template <bool Full, int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void add_up(const OutputBlock& out, const float* const* from,
                                                         Vec (&sum)[Segments][Length][Blocks],
                                                         std::ptrdiff_t offset = 0) {
#pragma GCC unroll 8
  for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 16
      for (int b = 0; b < Blocks; ++b) {
        const float* at = from[s] + offset + l * out.pixel + b * Vec::kLanes;
        sum[s][l][b] = add(sum[s][l][b], Full || b < Blocks - 1 ? load(at) : load_n(at, out.last_lanes));
      }
    }
  }
}

// sum = f(sum), lane by lane.
template <int Segments, int Length, int Blocks, typename F>
static inline __attribute__((always_inline)) void map_sums(Vec (&sum)[Segments][Length][Blocks], F f) {
#pragma GCC unroll 8
  for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 16
      for (int b = 0; b < Blocks; ++b) sum[s][l][b] = f(sum[s][l][b]);
    }
  }
}

template <bool Full, int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void store_sums(const OutputBlock& out,
                                                             const Vec (&sum)[Segments][Length][Blocks],
                                                             std::ptrdiff_t offset = 0) {
#pragma GCC unroll 8
  for (int s = 0; s < Segments; ++s) {
    float* y = out.y[s] + offset;
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l, y += out.pixel) {
#pragma GCC unroll 16
      for (int b = 0; b < Blocks; ++b) {
        if (Full || b < Blocks - 1) {
          store(y + b * Vec::kLanes, sum[s][l][b]);
        } else {
          store_n(y + b * Vec::kLanes, sum[s][l][b], out.last_lanes);
        }
      }
    }
  }
}

// All but an activation that is more than a clamp, of a block that lies `offset` floats behind `out`.
template <bool Full, int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void finish_clamped(const OutputBlock& out,
                                                                 Vec (&sum)[Segments][Length][Blocks],
                                                                 std::ptrdiff_t offset = 0) {
  if (out.continued) add_up<Full>(out, out.y, sum, offset);
  if (out.residual[0] != nullptr && !out.unfinished) add_up<Full>(out, out.residual, sum, offset);
  const Activation activation = out.unfinished ? Activation::kNone : out.activation.kind;
  if (activation == Activation::kRelu || activation == Activation::kClip) {
    const Vec low = splat(activation == Activation::kClip ? out.activation.a : 0.0f);
    map_sums(sum, [low](Vec x) __attribute__((always_inline)) { return max(x, low); });
  }
  if (activation == Activation::kClip) {
    const Vec high = splat(out.activation.b);
    map_sums(sum, [high](Vec x) __attribute__((always_inline)) { return min(x, high); });
  }
  store_sums<Full>(out, sum, offset);
}

// The same where the last vector is not full, from memory: tiles of targets that have no masks for the lanes would be
// half again as long if each did it in its registers.
static inline __attribute__((noinline)) void finish_partial(const OutputBlock& out, std::ptrdiff_t offset,
                                                            const float* sums, int segments, int length, int blocks) {
  for (int s = 0; s < segments; ++s) {
    OutputBlock pixel = out;  // one vector of one
    for (int l = 0; l < length; ++l) {
      for (int b = 0; b < blocks; ++b, sums += Vec::kLanes) {
        const std::ptrdiff_t at = offset + l * out.pixel + b * Vec::kLanes;
        pixel.y[0] = out.y[s] + at;
        if (out.residual[0] != nullptr) pixel.residual[0] = out.residual[s] + at;
        pixel.last_lanes = b < blocks - 1 ? Vec::kLanes : out.last_lanes;
        Vec sum[1][1][1] = {{{load(sums)}}};
        finish_clamped<false>(pixel, sum);
      }
    }
  }
}

// What a tile does with its sums. HalfLast: the last vector is never full.
template <bool HalfLast, int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void finish_tile(const OutputBlock& out, std::ptrdiff_t offset,
                                                              Vec (&sum)[Segments][Length][Blocks]) {
  if (Vec::kMasked) {  // a mask of all lanes costs nothing, a second end would be a quarter of the tile
    finish_clamped<false>(out, sum, offset);
  } else if (!HalfLast && out.last_lanes == Vec::kLanes) {
    finish_clamped<true>(out, sum, offset);
  } else {
    float sums[Segments * Length * Blocks * Vec::kLanes];
#pragma GCC unroll 8
    for (int s = 0; s < Segments; ++s) {
#pragma GCC unroll 8
      for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 8
        for (int b = 0; b < Blocks; ++b) store(sums + ((s * Length + l) * Blocks + b) * Vec::kLanes, sum[s][l][b]);
      }
    }
    finish_partial(out, offset, sums, Segments, Length, Blocks);
  }
}

// In place, in one go where the segments follow each other.
static inline __attribute__((noinline)) void activate_block(const OutputBlock& out, int segments, int length,
                                                            int lanes) {
  const bool joined = segments == 1 || out.y[segments - 1] == out.y[0] + (segments - 1) * length * out.pixel;
  for (int s = 0; s < (joined ? 1 : segments); ++s) {
    activate(out.y[s], out.y[s], joined ? segments * length : length, lanes, out.pixel, out.activation);
  }
}

template <int Segments, int Length, int Blocks>
static inline __attribute__((always_inline)) void finish(const OutputBlock& out, Vec (&sum)[Segments][Length][Blocks]) {
  if (!Vec::kMasked && out.last_lanes == Vec::kLanes) {
    finish_clamped<true>(out, sum);
  } else {
    finish_clamped<false>(out, sum);
  }
  if (!is_clamp(out.activation.kind) && !out.unfinished) {
    activate_block(out, Segments, Length, (Blocks - 1) * Vec::kLanes + out.last_lanes);
  }
}

}  // namespace kite::KITE_TARGET
