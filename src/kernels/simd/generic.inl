// SPDX-License-Identifier: Apache-2.0
// The float vector of any x86-64 (SSE2): 4 lanes, multiply and add rounded apart. Included by simd/target.inl.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

namespace kite::generic {

struct Vec {
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 16;
  static constexpr bool kFused = false;  // mul_add rounds once
  static constexpr bool kTable = false;
  __m128 v;
};

static inline Vec zero() { return {_mm_setzero_ps()}; }
static inline Vec splat(float x) { return {_mm_set1_ps(x)}; }
static inline Vec load(const float* p) { return {_mm_loadu_ps(p)}; }
static inline void store(float* p, Vec a) { _mm_storeu_ps(p, a.v); }
// The first n lanes (0 <= n <= kLanes); lanes past n read as 0 and are not written; memory past n is not touched.
static inline Vec load_n(const float* p, int n) {
  if (n == 4) return load(p);
  alignas(16) float lanes[4] = {};
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return {_mm_load_ps(lanes)};
}
static inline void store_n(float* p, Vec a, int n) {
  if (n == 4) return store(p, a);
  alignas(16) float lanes[4];
  _mm_store_ps(lanes, a.v);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}

static inline Vec add(Vec a, Vec b) { return {_mm_add_ps(a.v, b.v)}; }
static inline Vec sub(Vec a, Vec b) { return {_mm_sub_ps(a.v, b.v)}; }
static inline Vec mul(Vec a, Vec b) { return {_mm_mul_ps(a.v, b.v)}; }
static inline Vec div(Vec a, Vec b) { return {_mm_div_ps(a.v, b.v)}; }
static inline Vec sqrt(Vec a) { return {_mm_sqrt_ps(a.v)}; }
// A NaN in `a` is kept (x86 returns the second operand of min/max when either is NaN).
static inline Vec min(Vec a, Vec limit) { return {_mm_min_ps(limit.v, a.v)}; }
static inline Vec max(Vec a, Vec limit) { return {_mm_max_ps(limit.v, a.v)}; }
static inline Vec mul_add(Vec a, Vec b, Vec c) { return add(mul(a, b), c); }  // a*b + c, two roundings
static inline Vec accumulate(Vec a, Vec b, Vec sum) { return mul_add(a, b, sum); }
// accumulate(splat(*p), b, sum).
static inline Vec accumulate_splat(const float* p, Vec b, Vec sum) { return accumulate(splat(*p), b, sum); }
// The same where only the lower half of the lanes counts: half of this vector costs as much as all of it.
static inline Vec accumulate_low(Vec a, Vec b, Vec sum) { return accumulate(a, b, sum); }
static inline Vec accumulate_splat_low(const float* p, Vec b, Vec sum) { return accumulate_splat(p, b, sum); }
static inline bool halves_pay() { return false; }
static inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return sub(c, mul(a, b)); }  // c - a*b, two roundings
// Half to even for |a| < 2^31, which is all that the polynomials here ask for.
static inline Vec round_even(Vec a) { return {_mm_cvtepi32_ps(_mm_cvtps_epi32(a.v))}; }
// 2^(n + Extra) for integral n, the sum in [-126, 127].
template <int Extra>
static inline Vec exp2_integral(Vec n) {
  const __m128i biased = _mm_add_epi32(_mm_cvtps_epi32(n.v), _mm_set1_epi32(127 + Extra));
  return {_mm_castsi128_ps(_mm_slli_epi32(biased, 23))};
}
// a * 2^n for integral n in [-126, 127].
static inline Vec scale(Vec a, Vec n) { return mul(a, exp2_integral<0>(n)); }
// The same for n in [-190, 63]: 2^64 times too large, where nothing is denormal, then rounded once more if the result
// is.
static inline Vec scale_low(Vec a, Vec n) { return mul(mul(a, exp2_integral<64>(n)), splat(0x1p-64f)); }
static inline Vec abs(Vec a) { return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)}; }
static inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m128 bit = _mm_set1_ps(-0.0f);
  return {_mm_or_ps(_mm_andnot_ps(bit, magnitude.v), _mm_and_ps(bit, sign.v))};
}
// lane-wise a < b ? x : y (y when either is NaN).
static inline Vec select_less(Vec a, Vec b, Vec x, Vec y) {
  const __m128 less = _mm_cmplt_ps(a.v, b.v);
  return {_mm_or_ps(_mm_and_ps(less, x.v), _mm_andnot_ps(less, y.v))};
}
// Whether a < b in every lane; false where any is NaN.
static inline bool all_less(Vec a, Vec b) { return _mm_movemask_ps(_mm_cmpnlt_ps(a.v, b.v)) == 0; }

// Across the lanes: halves are combined until one lane is left, lane i with lane i + width for width = kLanes/2 down
// to 1.
static inline float sum_lanes(Vec a) {
  const __m128 half = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}
// The largest lane; a NaN is returned or passed over, as it happens.
static inline float max_lanes(Vec a) {
  const __m128 half = _mm_max_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}
// load_n with lanes past n holding `fill`.
static inline Vec load_n_or(const float* p, int n, Vec fill) {
  alignas(16) float lanes[4];
  _mm_store_ps(lanes, fill.v);
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return {_mm_load_ps(lanes)};
}

// 64-byte line at p into L2 / L1.
static inline void prefetch_l2(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }
static inline void prefetch_l1(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
// The line at p into L1, ready to be written (a processor without the instruction does nothing).
static inline void prefetch_write(const void* p) { asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(p))); }

}  // namespace kite::generic

#include "kernels/simd/transpose_4x4.inl"
