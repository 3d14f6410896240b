// SPDX-License-Identifier: Apache-2.0
// The float vector of AVX-512: 16 lanes, fused multiply-add, masked tails. Included by simd/target.inl.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace kite::avx512 {

struct Vec {
  static constexpr int kLanes = 16;
  static constexpr bool kFused = true;   // mul_add rounds once
  static constexpr bool kTable = true;   // has exp2_sixteenths, and a `scale` for every n
  static constexpr bool kMasked = true;  // load_n and store_n cost no more than load and store
  __m512 v;
};

static inline Vec zero() { return {_mm512_setzero_ps()}; }
static inline Vec splat(float x) { return {_mm512_set1_ps(x)}; }
static inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
static inline void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
// The first n lanes (0 <= n <= kLanes); lanes past n read as 0 and are not written; memory past n is not touched.
static inline __mmask16 lane_mask(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
static inline Vec load_n(const float* p, int n) { return {_mm512_maskz_loadu_ps(lane_mask(n), p)}; }
static inline void store_n(float* p, Vec a, int n) { _mm512_mask_storeu_ps(p, lane_mask(n), a.v); }

static inline Vec add(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
static inline Vec sub(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
static inline Vec mul(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
static inline Vec div(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
static inline Vec sqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
// A NaN in `a` is kept (x86 returns the second operand of min/max when either is NaN).
static inline Vec min(Vec a, Vec limit) { return {_mm512_min_ps(limit.v, a.v)}; }
static inline Vec max(Vec a, Vec limit) { return {_mm512_max_ps(limit.v, a.v)}; }
static inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }  // a*b + c
// mul_add for a sum that stays in its register: left to itself, GCC picks the forms that overwrite a factor, moves sums
// about and spills some of a large tile (measured: 14 x 2 at 63 % of peak instead of 87 %).
static inline Vec accumulate(Vec a, Vec b, Vec sum) {
  asm("vfmadd231ps %2, %1, %0" : "+v"(sum.v) : "v"(a.v), "v"(b.v));
  return sum;
}
// accumulate(splat(*p), b, sum), the value straight from memory: on Zen 4 a broadcast into a register costs a part of a
// multiply-add, this one nothing.
static inline Vec accumulate_splat(const float* p, Vec b, Vec sum) {
  asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sum.v) : "v"(b.v), "m"(*p));
  return sum;
}
// accumulate where only the lower half of the lanes counts; the others become 0.
#ifdef __clang__  // Clang 19 prints the lower half of registers from zmm16 on as a mask register, so it gets
                  // intrinsics.
static inline Vec accumulate_halves(__m256 a, Vec b, Vec sum) {
  const __m256 low = _mm256_fmadd_ps(a, _mm512_castps512_ps256(b.v), _mm512_castps512_ps256(sum.v));
  return {_mm512_zextps256_ps512(low)};
}
static inline Vec accumulate_low(Vec a, Vec b, Vec sum) {
  return accumulate_halves(_mm512_castps512_ps256(a.v), b, sum);
}
static inline Vec accumulate_splat_low(const float* p, Vec b, Vec sum) {
  return accumulate_halves(_mm256_broadcast_ss(p), b, sum);
}
#else
static inline Vec accumulate_low(Vec a, Vec b, Vec sum) {
  asm("vfmadd231ps %t2, %t1, %t0" : "+v"(sum.v) : "v"(a.v), "v"(b.v));
  return sum;
}
static inline Vec accumulate_splat_low(const float* p, Vec b, Vec sum) {
  asm("vfmadd231ps %2%{1to8%}, %t1, %t0" : "+v"(sum.v) : "v"(b.v), "m"(*p));
  return sum;
}
#endif
// Whether accumulate_low costs half of accumulate: the units of Zen 4 are 8 lanes wide and work in pairs. Units of 16
// lanes would gain nothing, and where a core has no loads to spare factors from memory would cost. The bits are the
// same either way.
static inline bool halves_pay() { return __builtin_cpu_is("amdfam19h"); }
static inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a*b
static inline Vec round_even(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
static inline Vec round_down(Vec a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
// 2^(j/16), j the last four bits of each lane.
static inline Vec exp2_sixteenths(Vec bits) {
  alignas(64) static constexpr float kPowers[16] = {
      1.0f,        1.04427373f, 1.09050775f, 1.13878858f, 1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
      1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f, 1.68179286f, 1.75625217f, 1.8340081f,  1.91520655f};
  return {_mm512_permutexvar_ps(_mm512_castps_si512(bits.v), _mm512_load_ps(kPowers))};
}
// 2^(n + Extra) for integral n, the sum in [-126, 127].
template <int Extra>
static inline Vec exp2_integral(Vec n) {
  const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127 + Extra));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(biased, 23))};
}
// a * 2^n, rounded once, for any n, whose fraction is left out (the others: integral n in [-126, 127]).
static inline Vec scale(Vec a, Vec n) { return {_mm512_scalef_ps(a.v, n.v)}; }
// The same for n in [-190, 63], rounded once.
static inline Vec scale_low(Vec a, Vec n) { return scale(a, n); }
static inline Vec abs(Vec a) { return {_mm512_abs_ps(a.v)}; }
static inline Vec negate(Vec a) {
  return {_mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(INT32_MIN)))};
}
static inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m512i bit = _mm512_set1_epi32(static_cast<int>(0x80000000u));
  return {_mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(_mm512_castps_si512(magnitude.v), _mm512_castps_si512(sign.v), bit, 0xD8))};
}
// lane-wise a < b ? x : y (y when either is NaN).
static inline Vec select_less(Vec a, Vec b, Vec x, Vec y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), y.v, x.v)};
}
// lane-wise a is NaN ? x : y.
static inline Vec select_nan(Vec a, Vec x, Vec y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q), y.v, x.v)};
}
// Whether a < b in every lane; false where any is NaN.
static inline bool all_less(Vec a, Vec b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_NLT_UQ) == 0; }

// Across the lanes: halves are combined until one lane is left, lane i with lane i + width for width = kLanes/2 down
// to 1.
static inline float sum_lanes(Vec a) { return _mm512_reduce_add_ps(a.v); }
// The largest lane; a NaN is returned or passed over, as it happens.
static inline float max_lanes(Vec a) { return _mm512_reduce_max_ps(a.v); }
// load_n with lanes past n holding `fill`.
static inline Vec load_n_or(const float* p, int n, Vec fill) { return {_mm512_mask_loadu_ps(fill.v, lane_mask(n), p)}; }

// 64-byte line at p into L2 / L1.
static inline void prefetch_l2(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1); }
static inline void prefetch_l1(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
// The line at p into L1, ready to be written (a processor without the instruction does nothing).
static inline void prefetch_write(const void* p) { asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(p))); }

}  // namespace kite::avx512

#include "kernels/simd/transpose_8x8.inl"
