// SPDX-License-Identifier: Apache-2.0
// Layer normalisation; the order of its sums stands in layer_norm.h.
#include "kernels/kernel.h"
#include "kernels/layer_norm/layer_norm_params.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

static inline Vec sum_of_four(const Vec (&sum)[4]) { return add(add(sum[0], sum[1]), add(sum[2], sum[3])); }

// More numbers than this are summed in pieces.
constexpr std::int64_t kPiece = 8192;

static float piece_sum(const float* x, std::int64_t count) {
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

static double row_sum(const float* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; i += kPiece) sum += piece_sum(x + i, count - i < kPiece ? count - i : kPiece);
  return sum;
}

struct Deviations {
  double sum, squares;
};

// Of x - mean; lanes past the end count as no deviation.
static Deviations piece_deviations(const float* x, std::int64_t count, float mean) {
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

static Deviations row_deviations(const float* x, std::int64_t count, float mean) {
  Deviations all = {0, 0};
  for (std::int64_t i = 0; i < count; i += kPiece) {
    const Deviations piece = piece_deviations(x + i, count - i < kPiece ? count - i : kPiece, mean);
    all.sum += piece.sum;
    all.squares += piece.squares;
  }
  return all;
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

// The same where all of them have one scale and one bias.
static void normalize_run(const RowScale& row, const float* x, float scale, float bias, float* y, std::int64_t count) {
  const Vec scales = splat(scale), biases = splat(bias);
  std::int64_t i = 0;
  for (; i + Vec::kLanes <= count; i += Vec::kLanes) {
    store(y + i, add(normalized(row, load(x + i), scales), biases));
  }
  if (i < count) {
    const int lanes = static_cast<int>(count - i);
    store_n(y + i, add(normalized(row, load_n(x + i, lanes), scales), biases), lanes);
  }
}

// Shares are rows.
void layer_norm_f32(const KernelCall& call);
void layer_norm_f32(const KernelCall& call) {
  const LayerNormParams& p = *static_cast<const LayerNormParams*>(call.params);
  const auto* scale = static_cast<const float*>(call.in[1]);
  const auto* bias = static_cast<const float*>(call.in[2]);
  auto* y = static_cast<float*>(call.out[0]);
  const auto count = static_cast<double>(p.channels);
  const std::int64_t scales = p.channels / p.run;
  const std::int64_t last = p.rows * (call.share + 1) / call.shares;
  for (std::int64_t r = p.rows * call.share / call.shares; r < last; ++r) {
    const float* x = static_cast<const float*>(call.in[0]) + r * p.channels;
    const auto mean = static_cast<float>(row_sum(x, p.channels) / count);
    const Deviations d = row_deviations(x, p.channels, mean);
    const auto shift = static_cast<float>(d.sum / count);
    const float variance = static_cast<float>(d.squares / count) - shift * shift;
    const float clamped = variance < 0.0f ? 0.0f : variance;  // NaN stays
    const RowScale row = {splat(mean), splat(shift), splat(1.0f / __builtin_sqrtf(clamped + p.epsilon))};
    const std::int64_t affine = r % p.affine_rows * scales;
    if (p.run == 1) {
      normalize_row(row, x, scale + affine, bias == nullptr ? nullptr : bias + affine, y + r * p.channels, p.channels);
      continue;
    }
    for (std::int64_t i = 0; i < scales; ++i) {
      const float shared_bias = bias == nullptr ? 0.0f : bias[affine + i];
      normalize_run(row, x + i * p.run, scale[affine + i], shared_bias, y + r * p.channels + i * p.run, p.run);
    }
  }
}

}  // namespace kite::KITE_TARGET
