// SPDX-License-Identifier: Apache-2.0
// Pooling: up to four vectors of neighbouring channels stay in registers while the taps of one output are walked, each
// tap a run of whole cache lines.
#include "kernels/kernel.h"
#include "kernels/pool/geometry.h"
#include "kernels/pool/pool_params.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

struct PoolTaps : PoolWindow<float> {
  Vec divisor;  // of an average
};

struct PoolMax {
  static inline Vec start() { return splat(-__builtin_inff()); }
  // The larger one; NaN where either is NaN. max() keeps a NaN of `x`; an accumulator that is NaN, which compares with
  // nothing, goes to the sum, which keeps it; so does one that is +Inf, whose sum with the larger one is +Inf or NaN.
  static inline Vec take(Vec so_far, Vec x) {
    const Vec larger = max(x, so_far);
    return select_less(so_far, splat(__builtin_inff()), larger, add(so_far, larger));
  }
  static inline Vec finish(Vec so_far, Vec) { return so_far; }
};

struct PoolAverage {
  static inline Vec start() { return zero(); }
  static inline Vec take(Vec so_far, Vec x) { return add(so_far, x); }
  static inline Vec finish(Vec so_far, Vec divisor) { return div(so_far, divisor); }
};

// `Vectors` vectors of channels; unless Full, the last one has `lanes` lanes.
template <typename Kind, int Vectors, bool Full>
static void pool_channels(const PoolTaps& taps, std::int64_t channel, float* y, int lanes) {
  Vec result[Vectors];
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) result[v] = Kind::start();
  const float* row = taps.first + channel;
  for (std::int64_t r = 0; r < taps.rows; ++r, row += taps.row_step) {
    const float* x = row;
    for (std::int64_t s = 0; s < taps.columns; ++s, x += taps.column_step) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        const float* from = x + v * Vec::kLanes;
        result[v] = Kind::take(result[v], Full || v < Vectors - 1 ? load(from) : load_n(from, lanes));
      }
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    float* to = y + channel + v * Vec::kLanes;
    const Vec value = Kind::finish(result[v], taps.divisor);
    if (Full || v < Vectors - 1) {
      store(to, value);
    } else {
      store_n(to, value, lanes);
    }
  }
}

template <typename Kind>
static void pool_pixel(const PoolTaps& taps, std::int64_t channels, float* y) {
  std::int64_t channel = 0;
  for (; channel + 4 * Vec::kLanes <= channels; channel += 4 * Vec::kLanes) {
    pool_channels<Kind, 4, true>(taps, channel, y, Vec::kLanes);
  }
  for (; channel + Vec::kLanes <= channels; channel += Vec::kLanes) {
    pool_channels<Kind, 1, true>(taps, channel, y, Vec::kLanes);
  }
  if (channel < channels) pool_channels<Kind, 1, false>(taps, channel, y, static_cast<int>(channels - channel));
}

template <typename Kind>
static void pool_row(const PoolParams& p, const float* x, float* y, std::int64_t row) {
  const std::int64_t n = row / p.out_h;
  const std::int64_t top = (row - n * p.out_h) * p.stride_h - p.pad_top;
  const PoolSpan tall = pool_span(top, p.in_h, p.pad_bottom, p.dilation_h, p.kernel_h);
  const std::int64_t row_floats = static_cast<std::int64_t>(p.in_w) * p.channels;
  const float* picture = x + n * p.in_h * row_floats;
  float* out = y + row * p.out_w * p.channels;
  for (std::int64_t q = 0; q < p.out_w; ++q, out += p.channels) {
    const PoolSpan wide = pool_span(q * p.stride_w - p.pad_left, p.in_w, p.pad_right, p.dilation_w, p.kernel_w);
    PoolTaps taps = {pool_window(p, picture, top, tall, q, wide), {}};
    const bool include_pad = p.kind == PoolKind::kAverageIncludePad;
    const float count = include_pad ? static_cast<float>(tall.padded) * static_cast<float>(wide.padded)
                                    : static_cast<float>(taps.rows) * static_cast<float>(taps.columns);
    taps.divisor = splat(count > 0.0f ? count : 1.0f);
    pool_pixel<Kind>(taps, p.channels, out);
  }
}

// Shares are rows of y, counted over the batch.
void pool_f32(const KernelCall& call);
void pool_f32(const KernelCall& call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call.params);
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t rows = static_cast<std::int64_t>(p.batch) * p.out_h;
  const std::int64_t last = rows * (call.share + 1) / call.shares;
  for (std::int64_t row = rows * call.share / call.shares; row < last; ++row) {
    if (p.kind == PoolKind::kMax) {
      pool_row<PoolMax>(p, x, y, row);
    } else {
      pool_row<PoolAverage>(p, x, y, row);
    }
  }
}

}  // namespace kite::KITE_TARGET
