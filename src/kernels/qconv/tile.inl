// SPDX-License-Identifier: Apache-2.0
// The register tile of 8-bit products, a few pixels times a few vectors of output channels, and how its sums become
// outputs.
#pragma once

#include "kernels/qconv/qconv_params.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/bytes/bytes.inl"

namespace kite::KITE_TARGET {

constexpr int kTilePixels = 6;
constexpr int kTileBlocks = kTuning.qconv_blocks;

struct QTile {
  const std::uint8_t* x;                 // first pixel, first tap
  std::ptrdiff_t x_pixel, x_row, x_tap;  // bytes from one pixel, row of taps, tap to the next
  const std::int8_t* w;                  // the panel, or of depthwise its first channel
  std::ptrdiff_t w_tap;                  // bytes from one tap to the next: of depthwise only
  std::int32_t rows, taps, depth, quads;
  std::int32_t blocks, lanes;                                 // lanes: of the last vector
  alignas(64) std::int32_t start[kTileBlocks * Vec::kLanes];  // what each sum begins with
  alignas(64) std::int32_t zeros[kTileBlocks * Vec::kLanes];  // of the weights
  alignas(64) float factors[kTileBlocks * Vec::kLanes];
  alignas(64) float addends[kTileBlocks * Vec::kLanes];
  char* y;                 // first pixel, first channel
  std::ptrdiff_t y_pixel;  // elements from pixel to pixel
  const QConvParams* p;
};

using QTileFn = void (*)(const QTile& tile);

// Sums of `pixels` pixels, [pixel][block][lane], to y.
static void finish_bytes(const QTile& t, const std::int32_t* sums, int pixels) {
  const Vec least = splat(t.p->least), most = splat(t.p->most);
  const Whole zero = whole(t.p->zero);
  auto* y = reinterpret_cast<std::uint8_t*>(t.y);
  for (int l = 0; l < pixels; ++l, y += t.y_pixel) {
    for (int b = 0; b < t.blocks; ++b, sums += Vec::kLanes) {
      Vec v = mul(to_float(load_whole(sums)), load(t.factors + b * Vec::kLanes));
      if (t.p->has_addend != 0) v = add(v, load(t.addends + b * Vec::kLanes));
      v = select_less(least, v, v, least);  // NaN becomes the least
      v = select_less(v, most, v, most);
      store_bytes(y + b * Vec::kLanes, add(to_whole(v), zero), b == t.blocks - 1 ? t.lanes : Vec::kLanes);
    }
  }
}

static void finish_floats(const QTile& t, const std::int32_t* sums, int pixels) {
  auto* y = reinterpret_cast<float*>(t.y);
  const ActivationForm& activation = t.p->conv.activation;
  const bool has_low = activation.kind == Activation::kRelu || activation.kind == Activation::kClip;
  const Vec low = splat(activation.kind == Activation::kClip ? activation.a : 0.0f), high = splat(activation.b);
  for (int l = 0; l < pixels; ++l, y += t.y_pixel) {
    for (int b = 0; b < t.blocks; ++b, sums += Vec::kLanes) {
      Vec v = mul(to_float(load_whole(sums)), load(t.factors + b * Vec::kLanes));
      if (t.p->has_addend != 0) v = add(v, load(t.addends + b * Vec::kLanes));
      if (has_low) v = max(v, low);
      if (activation.kind == Activation::kClip) v = min(v, high);
      store_n(y + b * Vec::kLanes, v, b == t.blocks - 1 ? t.lanes : Vec::kLanes);
    }
  }
  if (is_clamp(activation.kind)) return;
  auto* const stored = reinterpret_cast<float*>(t.y);
  activate(stored, stored, pixels, (t.blocks - 1) * Vec::kLanes + t.lanes, t.y_pixel, activation);
}

static void finish_whole(const QTile& t, const std::int32_t* sums, int pixels) {
  auto* y = reinterpret_cast<std::int32_t*>(t.y);
  for (int l = 0; l < pixels; ++l, y += t.y_pixel) {
    for (int b = 0; b < t.blocks; ++b, sums += Vec::kLanes) {
      store_whole_n(y + b * Vec::kLanes, load_whole(sums), b == t.blocks - 1 ? t.lanes : Vec::kLanes);
    }
  }
}

static __attribute__((noinline)) void finish_sums(const QTile& t, const std::int32_t* sums, int pixels) {
  switch (t.p->result) {
    case QResult::kBytes: return finish_bytes(t, sums, pixels);
    case QResult::kFloat: return finish_floats(t, sums, pixels);
    case QResult::kWhole: return finish_whole(t, sums, pixels);
  }
}

// The weights' zero points times the sum of what each pixel sees.
static __attribute__((noinline)) void subtract_zeros(const QTile& t, std::int32_t* sums, int pixels) {
  for (int l = 0; l < pixels; ++l) {
    std::int32_t seen = 0;
    for (int r = 0; r < t.rows; ++r) {
      for (int s = 0; s < t.taps; ++s) {
        const std::uint8_t* x = t.x + l * t.x_pixel + r * t.x_row + s * t.x_tap;
        for (int i = 0; i < t.depth; ++i) seen += x[i];
      }
    }
    for (int b = 0; b < t.blocks; ++b, sums += Vec::kLanes) {
      store_whole(sums, sub(load_whole(sums), mul(load_whole(t.zeros + b * Vec::kLanes), whole(seen))));
    }
  }
}

template <typename Dot, int Length, int Blocks>
static void qtile(const QTile& t) {
  static_assert(Length * Blocks + Blocks + 2 <= 2 * kRegisters);
  constexpr int kWidth = Blocks * Vec::kLanes * 4;
  Whole sum[Length][Blocks];
#pragma GCC unroll 8
  for (int b = 0; b < Blocks; ++b) {
    const Whole start = load_whole(t.start + b * Vec::kLanes);
#pragma GCC unroll 8
    for (int l = 0; l < Length; ++l) sum[l][b] = start;
  }
  const std::int8_t* w = t.w;
  const std::ptrdiff_t step = t.x_pixel;
  for (int r = 0; r < t.rows; ++r) {
    for (int s = 0; s < t.taps; ++s) {
      const std::uint8_t* x = t.x + r * t.x_row + s * t.x_tap;
      for (int q = 0; q < t.quads; ++q, x += 4, w += kWidth) {
        typename Dot::Factor weight[Blocks];
#pragma GCC unroll 8
        for (int b = 0; b < Blocks; ++b) weight[b] = Dot::weights(w + b * Vec::kLanes * 4);
#pragma GCC unroll 8
        for (int l = 0; l < Length; ++l) {
          const auto pixel = Dot::pixels(x + l * step);
#pragma GCC unroll 8
          for (int b = 0; b < Blocks; ++b) sum[l][b] = Dot::accumulate(pixel, weight[b], sum[l][b]);
        }
      }
    }
  }
  alignas(64) std::int32_t sums[Length * Blocks * Vec::kLanes];
#pragma GCC unroll 8
  for (int l = 0; l < Length; ++l) {
#pragma GCC unroll 8
    for (int b = 0; b < Blocks; ++b) store_whole(sums + (l * Blocks + b) * Vec::kLanes, sum[l][b]);
  }
  if (t.p->has_w_zeros != 0) subtract_zeros(t, sums, Length);
  finish_sums(t, sums, Length);
}

// A vector of channels, each with a filter of its own.
template <typename Dot, int Length>
static void depthwise_tile(const QTile& t) {
  const Whole start = load_whole(t.start), zeros = load_whole(t.zeros);
  Whole sum[Length];
#pragma GCC unroll 8
  for (int l = 0; l < Length; ++l) sum[l] = start;
  const std::int8_t* w = t.w;
  for (int r = 0; r < t.rows; ++r) {
    const std::uint8_t* x = t.x + r * t.x_row;
    for (int s = 0; s < t.taps; ++s, x += t.x_tap, w += t.w_tap) {
      const Whole weight = Dot::small(sub(load_bytes(w), zeros));
#pragma GCC unroll 8
      for (int l = 0; l < Length; ++l) sum[l] = Dot::accumulate_small(load_bytes(x + l * t.x_pixel), weight, sum[l]);
    }
  }
  alignas(64) std::int32_t sums[Length * Vec::kLanes];
#pragma GCC unroll 8
  for (int l = 0; l < Length; ++l) store_whole(sums + l * Vec::kLanes, sum[l]);
  finish_sums(t, sums, Length);
}

template <typename Dot, int Length>
static QTileFn qtile_of_blocks(int blocks) {
  switch (blocks) {
    case 0: return depthwise_tile<Dot, Length>;
    case 1: return qtile<Dot, Length, 1>;
    case 2: return qtile<Dot, Length, 2>;
    case 3: return qtile < Dot, Length, kTileBlocks < 3 ? kTileBlocks : 3 > ;
    default: return qtile<Dot, Length, kTileBlocks>;
  }
}

// The tile for `length` pixels (1 to kTilePixels) and `blocks` vectors of output channels; 0 blocks: depthwise.
template <typename Dot>
static QTileFn find_qtile(int length, int blocks) {
  switch (length) {
    case 1: return qtile_of_blocks<Dot, 1>(blocks);
    case 2: return qtile_of_blocks<Dot, 2>(blocks);
    case 3: return qtile_of_blocks<Dot, 3>(blocks);
    case 4: return qtile_of_blocks<Dot, 4>(blocks);
    case 5: return qtile_of_blocks<Dot, 5>(blocks);
    default: return qtile_of_blocks<Dot, kTilePixels>(blocks);
  }
}

}  // namespace kite::KITE_TARGET
