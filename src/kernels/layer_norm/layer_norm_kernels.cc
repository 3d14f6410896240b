// SPDX-License-Identifier: Apache-2.0
// Layer normalisation; the order of its sums stands in layer_norm.h.
#include "kernels/kernel.h"
#include "kernels/layer_norm/layer_norm_params.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

static inline Vec sum_of_four(const Vec (&sum)[4]) { return add(add(sum[0], sum[1]), add(sum[2], sum[3])); }

static float row_sum(const float* x, std::int64_t count) {
  Vec sum[4] = {zero(), zero(), zero(), zero()};
  std::int64_t i = 0;
  for (; i + 4 * Vec::kLanes <= count; i += 4 * Vec::kLanes) {
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) sum[s] = add(sum[s], load(x + i + s * Vec::kLanes));
  }
#pragma GCC unroll 4
  for (int s = 0; s < 4; ++s) {
    if (i >= count) break;
    const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
    sum[s] = add(sum[s], load_n(x + i, lanes));
    i += lanes;
  }
  return sum_lanes(sum_of_four(sum));
}

struct Deviations {
  float sum, squares;
};

// Of x - mean; lanes past the end count as no deviation.
static Deviations row_deviations(const float* x, std::int64_t count, float mean) {
  const Vec center = splat(mean);
  Vec sum[4] = {zero(), zero(), zero(), zero()};
  Vec squares[4] = {zero(), zero(), zero(), zero()};
  std::int64_t i = 0;
  for (; i + 4 * Vec::kLanes <= count; i += 4 * Vec::kLanes) {
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) {
      const Vec d = sub(load(x + i + s * Vec::kLanes), center);
      sum[s] = add(sum[s], d);
      squares[s] = mul_add(d, d, squares[s]);
    }
  }
#pragma GCC unroll 4
  for (int s = 0; s < 4; ++s) {
    if (i >= count) break;
    const bool whole = count - i >= Vec::kLanes;
    const Vec value = whole ? load(x + i) : load_n_or(x + i, static_cast<int>(count - i), center);
    const Vec d = sub(value, center);
    sum[s] = add(sum[s], d);
    squares[s] = mul_add(d, d, squares[s]);
    i += Vec::kLanes;
  }
  return {sum_lanes(sum_of_four(sum)), sum_lanes(sum_of_four(squares))};
}

struct RowScale {
  Vec center, shift, factor;  // y = ((x - center) - shift) * factor * scale + bias
};

static inline Vec normalized(const RowScale& row, Vec x, Vec scale) {
  return mul(mul(sub(sub(x, row.center), row.shift), row.factor), scale);
}

static void normalize_row(const RowScale& row, const float* x, const float* scale, const float* bias, float* y,
                          std::int64_t count) {
  std::int64_t i = 0;
  for (; i + Vec::kLanes <= count; i += Vec::kLanes) {
    const Vec value = normalized(row, load(x + i), load(scale + i));
    store(y + i, bias == nullptr ? value : add(value, load(bias + i)));
  }
  if (i < count) {
    const int lanes = static_cast<int>(count - i);
    const Vec value = normalized(row, load_n(x + i, lanes), load_n(scale + i, lanes));
    store_n(y + i, bias == nullptr ? value : add(value, load_n(bias + i, lanes)), lanes);
  }
}

// Shares are rows.
void layer_norm_f32(const KernelCall& call);
void layer_norm_f32(const KernelCall& call) {
  const LayerNormParams& p = *static_cast<const LayerNormParams*>(call.params);
  const auto* scale = static_cast<const float*>(call.in[1]);
  const auto* bias = static_cast<const float*>(call.in[2]);
  const auto count = static_cast<float>(p.channels);
  const std::int64_t last = p.rows * (call.share + 1) / call.shares;
  for (std::int64_t r = p.rows * call.share / call.shares; r < last; ++r) {
    const float* x = static_cast<const float*>(call.in[0]) + r * p.channels;
    const float mean = row_sum(x, p.channels) / count;
    const Deviations d = row_deviations(x, p.channels, mean);
    const float shift = d.sum / count;
    const float variance = d.squares / count - shift * shift;
    const float clamped = variance < 0.0f ? 0.0f : variance;  // NaN stays
    const RowScale row = {splat(mean), splat(shift), splat(1.0f / __builtin_sqrtf(clamped + p.epsilon))};
    normalize_row(row, x, scale, bias, static_cast<float*>(call.out[0]) + r * p.channels, p.channels);
  }
}

}  // namespace kite::KITE_TARGET
