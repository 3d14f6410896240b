// SPDX-License-Identifier: Apache-2.0
// The float vector of AVX2 with FMA: 8 lanes, masked tails. Included by simd/target.inl.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace kite::avx2 {

struct Vec {
  static constexpr int kLanes = 8;
  static constexpr bool kFused = true;  // mul_add rounds once
  static constexpr bool kTable = false;
  static constexpr bool kMasked = false;  // load_n and store_n cost no more than load and store
  __m256 v;
};

static inline Vec zero() { return {_mm256_setzero_ps()}; }
static inline Vec splat(float x) { return {_mm256_set1_ps(x)}; }
static inline Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
static inline void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
// The first n lanes (0 <= n <= kLanes); lanes past n read as 0 and are not written; memory past n is not touched.
static inline __m256i lane_mask(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline Vec load_n(const float* p, int n) {
  if (n == Vec::kLanes) return load(p);
  return {_mm256_maskload_ps(p, lane_mask(n))};
}
// Without maskstore, which is microcode on AMD processors: some twenty cycles for what is one.
static inline void store_n(float* p, Vec a, int n) {
  if (n == Vec::kLanes) return store(p, a);
  __m128 part = _mm256_castps256_ps128(a.v);
  if ((n & 4) != 0) {
    _mm_storeu_ps(p, part);
    part = _mm256_extractf128_ps(a.v, 1);
    p += 4;
  }
  if ((n & 2) != 0) {
    _mm_storel_pi(reinterpret_cast<__m64*>(p), part);
    part = _mm_movehl_ps(part, part);
    p += 2;
  }
  if ((n & 1) != 0) _mm_store_ss(p, part);
}

static inline Vec add(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
static inline Vec sub(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
static inline Vec mul(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
static inline Vec div(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
static inline Vec sqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
// A NaN in `a` is kept (x86 returns the second operand of min/max when either is NaN).
static inline Vec min(Vec a, Vec limit) { return {_mm256_min_ps(limit.v, a.v)}; }
static inline Vec max(Vec a, Vec limit) { return {_mm256_max_ps(limit.v, a.v)}; }
static inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }  // a*b + c
// mul_add for a sum that stays in its register: left to itself, GCC picks the forms that overwrite a factor, moves sums
// about and spills some of a large tile (measured: 14 x 2 at 63 % of peak instead of 87 %).
static inline Vec accumulate(Vec a, Vec b, Vec sum) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(sum.v) : "x"(a.v), "x"(b.v));
  return sum;
}
// accumulate(splat(*p), b, sum).
static inline Vec accumulate_splat(const float* p, Vec b, Vec sum) { return accumulate(splat(*p), b, sum); }
// The same where only the lower half of the lanes counts: half of this vector costs as much as all of it.
static inline Vec accumulate_low(Vec a, Vec b, Vec sum) { return accumulate(a, b, sum); }
static inline Vec accumulate_splat_low(const float* p, Vec b, Vec sum) { return accumulate_splat(p, b, sum); }
static inline bool halves_pay() { return false; }
static inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a*b
static inline Vec round_even(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
// 2^(n + Extra) for integral n, the sum in [-126, 127].
template <int Extra>
static inline Vec exp2_integral(Vec n) {
  const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127 + Extra));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(biased, 23))};
}
// a * 2^n for integral n in [-126, 127].
static inline Vec scale(Vec a, Vec n) { return mul(a, exp2_integral<0>(n)); }
// The same for n in [-190, 63]: 2^64 times too large, where nothing is denormal, then rounded once more if the result
// is.
static inline Vec scale_low(Vec a, Vec n) { return mul(mul(a, exp2_integral<64>(n)), splat(0x1p-64f)); }
static inline Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
static inline Vec negate(Vec a) { return {_mm256_xor_ps(_mm256_set1_ps(-0.0f), a.v)}; }
static inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(bit, magnitude.v), _mm256_and_ps(bit, sign.v))};
}
// lane-wise a < b ? x : y (y when either is NaN).
static inline Vec select_less(Vec a, Vec b, Vec x, Vec y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))};
}
// lane-wise a is NaN ? x : y.
static inline Vec select_nan(Vec a, Vec x, Vec y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))};
}
// Whether a < b in every lane; false where any is NaN.
static inline bool all_less(Vec a, Vec b) { return _mm256_movemask_ps(_mm256_cmp_ps(a.v, b.v, _CMP_NLT_UQ)) == 0; }

// Across the lanes: halves are combined until one lane is left, lane i with lane i + width for width = kLanes/2 down
// to 1.
static inline float sum_lanes(Vec a) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}
// The largest lane; a NaN is returned or passed over, as it happens.
static inline float max_lanes(Vec a) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}
// load_n with lanes past n holding `fill`.
static inline Vec load_n_or(const float* p, int n, Vec fill) {
  const __m256i lanes = lane_mask(n);
  return {_mm256_blendv_ps(fill.v, _mm256_maskload_ps(p, lanes), _mm256_castsi256_ps(lanes))};
}

// 64-byte line at p into L2 / L1.
static inline void prefetch_l2(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }
static inline void prefetch_l1(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
// The line at p into L1, ready to be written (a processor without the instruction does nothing).
static inline void prefetch_write(const void* p) { asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(p))); }

}  // namespace kite::avx2

#include "kernels/simd/transpose_8x8.inl"
