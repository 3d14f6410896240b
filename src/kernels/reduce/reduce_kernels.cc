// SPDX-License-Identifier: Apache-2.0
// Sums over the middle or the last axis; orders of sums stand in reduce.h.
//
// Middle axis: a run of up to `Vectors` vectors of neighbouring outputs keeps 4 partial sums each in registers (4 x 4
// of 32, or 2 x 4 of 16) while it walks down the terms; every output is summed alone, so runs and tails change no bit.
#include "kernels/kernel.h"
#include "kernels/reduce/reduce_params.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr std::int64_t kReduceBlock = 256;
constexpr int kReduceVectors = kTuning.mean_vectors;
// Lengths between these are as exact as sums: their squares are finite, and what small squares lose is nothing beside
// them.
constexpr float kLeastLength = 0x1p-40f, kMostLength = 0x1p63f;

// Also of what is no number, or infinite.
static float length_in_double(const float* x, std::int64_t count, std::int64_t step) {
  double sum = 0;
  for (std::int64_t m = 0; m < count; ++m) sum += static_cast<double>(x[m * step]) * static_cast<double>(x[m * step]);
  return static_cast<float>(__builtin_sqrt(sum));
}

// Whether the length that was computed with floats is right.
static inline bool is_exact_length(float y) { return y >= kLeastLength && y <= kMostLength; }

template <bool Squares>
static inline Vec add_term(Vec sum, Vec x) {
  return Squares ? mul_add(x, x, sum) : add(sum, x);
}

// `Vectors` vectors of outputs at x; unless Full, the last one has `lanes` lanes.
template <bool Squares, int Vectors, bool Full>
static void reduce_columns(const ReduceParams& p, const float* x, float* y, int lanes) {
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
        for (int v = 0; v < Vectors; ++v) sum[s][v] = add_term<Squares>(sum[s][v], take(term + s * step, v));
      }
    }
    // m % 4 is 0 here: what is left goes to the partial sums 0, 1, 2.
#pragma GCC unroll 4
    for (int s = 0; s < 3; ++s) {
      if (m + s >= last) break;
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[s][v] = add_term<Squares>(sum[s][v], take(x + (m + s) * step, v));
    }
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      total[v] = add(total[v], add(add(sum[0][v], sum[1][v]), add(sum[2][v], sum[3][v])));
    }
  }
  const Vec divisor = splat(p.divisor);
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    const Vec result = Squares ? sqrt(total[v]) : div(total[v], divisor);
    if (!Full && v == Vectors - 1) {
      store_n(y + v * Vec::kLanes, result, lanes);
    } else {
      store(y + v * Vec::kLanes, result);
    }
  }
  if constexpr (Squares) {
    const int outputs = (Vectors - 1) * Vec::kLanes + lanes;
    for (int i = 0; i < outputs; ++i) {
      if (!is_exact_length(y[i])) y[i] = length_in_double(x + i, p.count, step);
    }
  }
}

// Outputs [first, last) of one outer index.
template <bool Squares>
static void reduce_middle(const ReduceParams& p, const float* x, float* y, std::int64_t first, std::int64_t last) {
  for (std::int64_t at = first; at < last;) {
    const std::int64_t left = last - at;
    if (left >= kReduceVectors * Vec::kLanes) {
      reduce_columns<Squares, kReduceVectors, true>(p, x + at, y + at, Vec::kLanes);
      at += kReduceVectors * Vec::kLanes;
    } else if (left >= Vec::kLanes) {
      reduce_columns<Squares, 1, true>(p, x + at, y + at, Vec::kLanes);
      at += Vec::kLanes;
    } else {
      reduce_columns<Squares, 1, false>(p, x + at, y + at, static_cast<int>(left));
      at = last;
    }
  }
}

template <bool Squares>
static float reduce_row(const ReduceParams& p, const float* x) {
  const std::int64_t count = p.count;
  constexpr std::int64_t kStride = 4 * Vec::kLanes;
  Vec total = zero();
  std::int64_t i = 0;
  while (i < count) {
    const std::int64_t last = i + kReduceBlock * Vec::kLanes < count ? i + kReduceBlock * Vec::kLanes : count;
    Vec sum[4] = {zero(), zero(), zero(), zero()};
    for (; i + kStride <= last; i += kStride) {
#pragma GCC unroll 4
      for (int s = 0; s < 4; ++s) sum[s] = add_term<Squares>(sum[s], load(x + i + s * Vec::kLanes));
    }
#pragma GCC unroll 4
    for (int s = 0; s < 4; ++s) {
      if (i >= last) break;
      const int lanes = last - i < Vec::kLanes ? static_cast<int>(last - i) : Vec::kLanes;
      sum[s] = add_term<Squares>(sum[s], load_n(x + i, lanes));
      i += lanes;
    }
    total = add(total, add(add(sum[0], sum[1]), add(sum[2], sum[3])));
  }
  if constexpr (!Squares) return sum_lanes(total) / p.divisor;
  const float length = __builtin_sqrtf(sum_lanes(total));
  return is_exact_length(length) ? length : length_in_double(x, count, 1);
}

template <bool Squares>
static void reduce_share(const KernelCall& call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call.params);
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  if (p.inner == 1) {
    const std::int64_t last = p.outer * (call.share + 1) / call.shares;
    for (std::int64_t row = p.outer * call.share / call.shares; row < last; ++row)
      y[row] = reduce_row<Squares>(p, x + row * p.count);
    return;
  }
  const std::int64_t lines = (p.inner + 15) / 16;
  const std::int64_t end = p.outer * lines * (call.share + 1) / call.shares;
  for (std::int64_t line = p.outer * lines * call.share / call.shares; line < end;) {
    const std::int64_t outer = line / lines;
    const std::int64_t next = (outer + 1) * lines < end ? (outer + 1) * lines : end;
    std::int64_t last = (next - outer * lines) * 16;
    if (last > p.inner) last = p.inner;
    reduce_middle<Squares>(p, x + outer * p.count * p.inner, y + outer * p.inner, (line - outer * lines) * 16, last);
    line = next;
  }
}

// Shares: cache lines of y counted over all outer indices, or rows.
void reduce_f32(const KernelCall& call);
void reduce_f32(const KernelCall& call) {
  if (static_cast<const ReduceParams*>(call.params)->is_length != 0) {
    reduce_share<true>(call);
  } else {
    reduce_share<false>(call);
  }
}

}  // namespace kite::KITE_TARGET
