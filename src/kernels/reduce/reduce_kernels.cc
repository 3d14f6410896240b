// SPDX-License-Identifier: Apache-2.0
// Means over the middle or the last axis; orders of sums stand in reduce.h.
//
// Middle axis: a run of up to `Vectors` vectors of neighbouring outputs keeps 4 partial sums each in registers (4 x 4
// of 32, or 2 x 4 of 16) while it walks down the terms; every output is summed alone, so runs and tails change no bit.
#include "kernels/kernel.h"
#include "kernels/reduce/reduce_params.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr std::int64_t kReduceBlock = 256;
constexpr int kReduceVectors = kTuning.mean_vectors;

// `Vectors` vectors of outputs at x; unless Full, the last one has `lanes` lanes.
template <int Vectors, bool Full>
static void mean_of_columns(const ReduceParams& p, const float* x, float* y, int lanes) {
  const std::int64_t step = p.inner;
  const auto take = [lanes](const float* from, int v) {
    return !Full && v == Vectors - 1 ? load_n(from + v * Vec::kLanes, lanes) : load(from + v * Vec::kLanes);
  };
  Vec total[Vectors];
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) total[v] = zero();
  for (std::int64_t first = 0; first < p.count; first += kReduceBlock) {
    const std::int64_t last = first + kReduceBlock < p.count ? first + kReduceBlock : p.count;
    Vec sum[4][Vectors];
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[s][v] = zero();
    }
    std::int64_t m = first;
    for (; m + 4 <= last; m += 4) {
      const float* term = x + m * step;
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) sum[s][v] = add(sum[s][v], take(term + s * step, v));
      }
    }
    // m % 4 is 0 here: what is left goes to the partial sums 0, 1, 2.
#pragma GCC unroll 4
    for (int s = 0; s < 3; ++s) {
      if (m + s >= last) break;
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[s][v] = add(sum[s][v], take(x + (m + s) * step, v));
    }
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      total[v] = add(total[v], add(add(sum[0][v], sum[1][v]), add(sum[2][v], sum[3][v])));
    }
  }
  const Vec count = splat(static_cast<float>(p.count));
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    const Vec mean = div(total[v], count);
    if (!Full && v == Vectors - 1) {
      store_n(y + v * Vec::kLanes, mean, lanes);
    } else {
      store(y + v * Vec::kLanes, mean);
    }
  }
}

// Outputs [first, last) of one outer index.
static void mean_of_middle(const ReduceParams& p, const float* x, float* y, std::int64_t first, std::int64_t last) {
  for (std::int64_t at = first; at < last;) {
    const std::int64_t left = last - at;
    if (left >= kReduceVectors * Vec::kLanes) {
      mean_of_columns<kReduceVectors, true>(p, x + at, y + at, Vec::kLanes);
      at += kReduceVectors * Vec::kLanes;
    } else if (left >= Vec::kLanes) {
      mean_of_columns<1, true>(p, x + at, y + at, Vec::kLanes);
      at += Vec::kLanes;
    } else {
      mean_of_columns<1, false>(p, x + at, y + at, static_cast<int>(left));
      at = last;
    }
  }
}

static float mean_of_row(const float* x, std::int64_t count) {
  constexpr std::int64_t kStride = 4 * Vec::kLanes;
  Vec total = zero();
  std::int64_t i = 0;
  while (i < count) {
    const std::int64_t last = i + kReduceBlock * Vec::kLanes < count ? i + kReduceBlock * Vec::kLanes : count;
    Vec sum[4] = {zero(), zero(), zero(), zero()};
    for (; i + kStride <= last; i += kStride) {
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) sum[s] = add(sum[s], load(x + i + s * Vec::kLanes));
    }
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) {
      if (i >= last) break;
      const int lanes = last - i < Vec::kLanes ? static_cast<int>(last - i) : Vec::kLanes;
      sum[s] = add(sum[s], load_n(x + i, lanes));
      i += lanes;
    }
    total = add(total, add(add(sum[0], sum[1]), add(sum[2], sum[3])));
  }
  return sum_lanes(total) / static_cast<float>(count);
}

// Shares: cache lines of y counted over all outer indices, or rows.
void reduce_mean_f32(const KernelCall& call);
void reduce_mean_f32(const KernelCall& call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call.params);
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  if (p.inner == 1) {
    const std::int64_t last = p.outer * (call.share + 1) / call.shares;
    for (std::int64_t row = p.outer * call.share / call.shares; row < last; ++row)
      y[row] = mean_of_row(x + row * p.count, p.count);
    return;
  }
  const std::int64_t lines = (p.inner + 15) / 16;
  const std::int64_t end = p.outer * lines * (call.share + 1) / call.shares;
  for (std::int64_t line = p.outer * lines * call.share / call.shares; line < end;) {
    const std::int64_t outer = line / lines;
    const std::int64_t next = (outer + 1) * lines < end ? (outer + 1) * lines : end;
    std::int64_t last = (next - outer * lines) * 16;
    if (last > p.inner) last = p.inner;
    mean_of_middle(p, x + outer * p.count * p.inner, y + outer * p.inner, (line - outer * lines) * 16, last);
    line = next;
  }
}

}  // namespace kite::KITE_TARGET
