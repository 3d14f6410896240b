// SPDX-License-Identifier: Apache-2.0
// The float vector of Advanced SIMD (ARM, 64 bits): 4 lanes, 32 registers, fused multiply-add. Included by
// simd/target.inl.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace kite::neon {

struct Vec {
  static constexpr int kLanes = 4;
  static constexpr bool kFused = true;  // mul_add rounds once
  static constexpr bool kTable = false;
  static constexpr bool kMasked = false;  // load_n and store_n cost no more than load and store
  float32x4_t v;
};

static inline Vec zero() { return {vdupq_n_f32(0.0f)}; }
static inline Vec splat(float x) { return {vdupq_n_f32(x)}; }
static inline Vec load(const float* p) { return {vld1q_f32(p)}; }
static inline void store(float* p, Vec a) { vst1q_f32(p, a.v); }
// The first n lanes (0 <= n <= kLanes); lanes past n read as 0 and are not written; memory past n is not touched.
static inline Vec load_n(const float* p, int n) {
  if (n == 4) return load(p);
  Vec a = zero();
  if (n > 0) a.v = vld1q_lane_f32(p, a.v, 0);
  if (n > 1) a.v = vld1q_lane_f32(p + 1, a.v, 1);
  if (n > 2) a.v = vld1q_lane_f32(p + 2, a.v, 2);
  return a;
}
static inline void store_n(float* p, Vec a, int n) {
  if (n == 4) return store(p, a);
  if (n > 0) vst1q_lane_f32(p, a.v, 0);
  if (n > 1) vst1q_lane_f32(p + 1, a.v, 1);
  if (n > 2) vst1q_lane_f32(p + 2, a.v, 2);
}

static inline Vec add(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
static inline Vec sub(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
static inline Vec mul(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
static inline Vec div(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
static inline Vec sqrt(Vec a) { return {vsqrtq_f32(a.v)}; }
// A NaN in `a` is kept: the processor's own minimum and maximum give a NaN where either is one.
static inline Vec min(Vec a, Vec limit) { return {vbslq_f32(vcltq_f32(limit.v, a.v), limit.v, a.v)}; }
static inline Vec max(Vec a, Vec limit) { return {vbslq_f32(vcgtq_f32(limit.v, a.v), limit.v, a.v)}; }
static inline Vec mul_add(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }  // a*b + c
static inline Vec accumulate(Vec a, Vec b, Vec sum) { return mul_add(a, b, sum); }
// accumulate(splat(*p), b, sum).
static inline Vec accumulate_splat(const float* p, Vec b, Vec sum) { return {vfmaq_n_f32(sum.v, b.v, *p)}; }
// The same where only the lower half of the lanes counts: half of this vector costs as much as all of it.
static inline Vec accumulate_low(Vec a, Vec b, Vec sum) { return accumulate(a, b, sum); }
static inline Vec accumulate_splat_low(const float* p, Vec b, Vec sum) { return accumulate_splat(p, b, sum); }
static inline bool halves_pay() { return false; }
static inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.v, a.v, b.v)}; }  // c - a*b
static inline Vec round_even(Vec a) { return {vrndnq_f32(a.v)}; }
// 2^(n + Extra) for integral n, the sum in [-126, 127].
template <int Extra>
static inline Vec exp2_integral(Vec n) {
  return {vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n.v), vdupq_n_s32(127 + Extra)), 23))};
}
// a * 2^n for integral n in [-126, 127].
static inline Vec scale(Vec a, Vec n) { return mul(a, exp2_integral<0>(n)); }
// The same for n in [-190, 63]: 2^64 times too large, where nothing is denormal, then rounded once more if the result
// is.
static inline Vec scale_low(Vec a, Vec n) { return mul(mul(a, exp2_integral<64>(n)), splat(0x1p-64f)); }
static inline Vec abs(Vec a) { return {vabsq_f32(a.v)}; }
static inline Vec negate(Vec a) { return {vnegq_f32(a.v)}; }
static inline Vec copy_sign(Vec magnitude, Vec sign) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v)};
}
// lane-wise a < b ? x : y (y when either is NaN).
static inline Vec select_less(Vec a, Vec b, Vec x, Vec y) { return {vbslq_f32(vcltq_f32(a.v, b.v), x.v, y.v)}; }
// lane-wise a is NaN ? x : y.
static inline Vec select_nan(Vec a, Vec x, Vec y) { return {vbslq_f32(vceqq_f32(a.v, a.v), y.v, x.v)}; }
// Whether a < b in every lane; false where any is NaN.
static inline bool all_less(Vec a, Vec b) { return vminvq_u32(vcltq_f32(a.v, b.v)) != 0; }

// Across the lanes: halves are combined until one lane is left, lane i with lane i + width for width = kLanes/2 down
// to 1.
static inline float sum_lanes(Vec a) {
  const float32x2_t half = vadd_f32(vget_low_f32(a.v), vget_high_f32(a.v));
  return vget_lane_f32(half, 0) + vget_lane_f32(half, 1);
}
// The largest lane; a NaN is returned or passed over, as it happens.
static inline float max_lanes(Vec a) { return vmaxvq_f32(a.v); }
// load_n with lanes past n holding `fill`.
static inline Vec load_n_or(const float* p, int n, Vec fill) {
  if (n > 0) fill.v = vld1q_lane_f32(p, fill.v, 0);
  if (n > 1) fill.v = vld1q_lane_f32(p + 1, fill.v, 1);
  if (n > 2) fill.v = vld1q_lane_f32(p + 2, fill.v, 2);
  if (n > 3) fill.v = vld1q_lane_f32(p + 3, fill.v, 3);
  return fill;
}

// 64-byte line at p into L2 / L1.
static inline void prefetch_l2(const void* p) { __builtin_prefetch(p, 0, 2); }
static inline void prefetch_l1(const void* p) { __builtin_prefetch(p, 0, 3); }
// The line at p into L1, ready to be written.
static inline void prefetch_write(const void* p) { __builtin_prefetch(p, 1, 3); }

}  // namespace kite::neon

#include "kernels/simd/transpose_4x4.inl"
