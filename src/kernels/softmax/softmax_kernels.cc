// SPDX-License-Identifier: Apache-2.0
// Softmax: the largest element, exponentials and their sum, one division a row.
#include "kernels/kernel.h"
#include "kernels/simd/activation.inl"
#include "kernels/simd/target.inl"
#include "kernels/softmax/row_call.h"
#include "kernels/softmax/softmax_params.h"

namespace kite::KITE_TARGET {

constexpr float kLowest = -__builtin_inff();

// NaN is passed over: the exponentials will see it.
static float row_max(const float* x, std::int64_t count) {
  Vec largest[2] = {splat(kLowest), splat(kLowest)};
  std::int64_t i = 0;
  for (; i + 2 * Vec::kLanes <= count; i += 2 * Vec::kLanes) {
    largest[0] = max(largest[0], load(x + i));
    largest[1] = max(largest[1], load(x + i + Vec::kLanes));
  }
  for (; i < count; i += Vec::kLanes) {
    const bool whole = count - i >= Vec::kLanes;
    largest[0] = max(largest[0], whole ? load(x + i) : load_n_or(x + i, static_cast<int>(count - i), splat(kLowest)));
  }
  return max_lanes(max(largest[0], largest[1]));
}

// y = exp(x - largest); returns the sum.
static float row_exp(const float* x, float* y, std::int64_t count, float largest) {
  const Vec shift = splat(largest);
  Vec sum[2] = {zero(), zero()};
  std::int64_t i = 0;
  for (; i + 2 * Vec::kLanes <= count; i += 2 * Vec::kLanes) {
    const Vec a = exp(sub(load(x + i), shift)), b = exp(sub(load(x + i + Vec::kLanes), shift));
    store(y + i, a);
    store(y + i + Vec::kLanes, b);
    sum[0] = add(sum[0], a);
    sum[1] = add(sum[1], b);
  }
#pragma GCC unroll 2
  for (int s = 0; s < 2; ++s) {
    if (i >= count) break;
    const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
    const Vec value = exp(sub(load_n(x + i, lanes), shift));
    store_n(y + i, value, lanes);
    sum[s] = add(sum[s], load_n(y + i, lanes));  // lanes past the end are 0
    i += lanes;
  }
  return sum_lanes(add(sum[0], sum[1]));
}

static void row_scale(float* y, std::int64_t count, float factor) {
  const Vec all = splat(factor);
  std::int64_t i = 0;
  for (; i + Vec::kLanes <= count; i += Vec::kLanes) store(y + i, mul(load(y + i), all));
  if (i < count) {
    const int lanes = static_cast<int>(count - i);
    store_n(y + i, mul(load_n(y + i, lanes), all), lanes);
  }
}

void softmax_row(const float* x, float* y, std::int64_t count) {
  const float sum = row_exp(x, y, count, row_max(x, count));
  row_scale(y, count, 1.0f / sum);
}

// Shares are rows.
void softmax_f32(const KernelCall& call);
void softmax_f32(const KernelCall& call) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call.params);
  const std::int64_t last = p.rows * (call.share + 1) / call.shares;
  for (std::int64_t row = p.rows * call.share / call.shares; row < last; ++row) {
    const float* x = static_cast<const float*>(call.in[0]) + row * p.channels;
    float* y = static_cast<float*>(call.out[0]) + row * p.channels;
    softmax_row(x, y, p.channels);
  }
}

}  // namespace kite::KITE_TARGET
