// SPDX-License-Identifier: Apache-2.0
// The float vector of any processor: 4 lanes in the compiler's own vector type, multiply and add rounded apart.
// Included by simd/target.inl.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kite::generic {

using Floats [[gnu::vector_size(16)]] = float;
using Ints [[gnu::vector_size(16)]] = std::int32_t;

struct Vec {
  static constexpr int kLanes = 4;
  static constexpr bool kFused = false;  // mul_add rounds once
  static constexpr bool kTable = false;
  static constexpr bool kMasked = false;  // load_n and store_n cost no more than load and store
  Floats v;
};

static inline Ints bits_of(Vec a) { return reinterpret_cast<Ints>(a.v); }
static inline Vec from_bits(Ints bits) { return {reinterpret_cast<Floats>(bits)}; }

static inline Vec zero() { return {Floats{}}; }
static inline Vec splat(float x) { return {Floats{x, x, x, x}}; }
static inline Vec load(const float* p) {
  Vec a;
  __builtin_memcpy(&a.v, p, sizeof a.v);
  return a;
}
static inline void store(float* p, Vec a) { __builtin_memcpy(p, &a.v, sizeof a.v); }
// The first n lanes (0 <= n <= kLanes); lanes past n read as 0 and are not written; memory past n is not touched.
static inline Vec load_n(const float* p, int n) {
  if (n == 4) return load(p);
  Vec a = zero();
  for (int i = 0; i < n; ++i) a.v[i] = p[i];
  return a;
}
static inline void store_n(float* p, Vec a, int n) {
  if (n == 4) return store(p, a);
  for (int i = 0; i < n; ++i) p[i] = a.v[i];
}

static inline Vec add(Vec a, Vec b) { return {a.v + b.v}; }
static inline Vec sub(Vec a, Vec b) { return {a.v - b.v}; }
static inline Vec mul(Vec a, Vec b) { return {a.v * b.v}; }
static inline Vec div(Vec a, Vec b) { return {a.v / b.v}; }
static inline Vec sqrt(Vec a) {
  return {Floats{__builtin_sqrtf(a.v[0]), __builtin_sqrtf(a.v[1]), __builtin_sqrtf(a.v[2]), __builtin_sqrtf(a.v[3])}};
}
// A NaN in `a` is kept.
static inline Vec min(Vec a, Vec limit) { return {limit.v < a.v ? limit.v : a.v}; }
static inline Vec max(Vec a, Vec limit) { return {limit.v > a.v ? limit.v : a.v}; }
static inline Vec mul_add(Vec a, Vec b, Vec c) { return add(mul(a, b), c); }  // a*b + c, two roundings
static inline Vec accumulate(Vec a, Vec b, Vec sum) { return mul_add(a, b, sum); }
// accumulate(splat(*p), b, sum).
static inline Vec accumulate_splat(const float* p, Vec b, Vec sum) { return accumulate(splat(*p), b, sum); }
// The same where only the lower half of the lanes counts: half of this vector costs as much as all of it.
static inline Vec accumulate_low(Vec a, Vec b, Vec sum) { return accumulate(a, b, sum); }
static inline Vec accumulate_splat_low(const float* p, Vec b, Vec sum) { return accumulate_splat(p, b, sum); }
static inline bool halves_pay() { return false; }
static inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return sub(c, mul(a, b)); }  // c - a*b, two roundings
// Half to even for |a| < 2^22, which is all that the polynomials here ask for: a sum of that size has no fraction.
static inline Vec round_even(Vec a) {
  const Vec large = splat(0x1.8p23f);
  return sub(add(a, large), large);
}
// 2^(n + Extra) for integral n, the sum in [-126, 127].
template <int Extra>
static inline Vec exp2_integral(Vec n) {
  return from_bits((__builtin_convertvector(n.v, Ints) + (127 + Extra)) << 23);
}
// a * 2^n for integral n in [-126, 127].
static inline Vec scale(Vec a, Vec n) { return mul(a, exp2_integral<0>(n)); }
// The same for n in [-190, 63]: 2^64 times too large, where nothing is denormal, then rounded once more if the result
// is.
static inline Vec scale_low(Vec a, Vec n) { return mul(mul(a, exp2_integral<64>(n)), splat(0x1p-64f)); }
constexpr std::int32_t kSign = INT32_MIN;
static inline Vec abs(Vec a) { return from_bits(bits_of(a) & ~kSign); }
static inline Vec negate(Vec a) { return from_bits(bits_of(a) ^ kSign); }
static inline Vec copy_sign(Vec magnitude, Vec sign) {
  return from_bits((bits_of(magnitude) & ~kSign) | (bits_of(sign) & kSign));
}
// lane-wise a < b ? x : y (y when either is NaN).
static inline Vec select_less(Vec a, Vec b, Vec x, Vec y) { return {a.v < b.v ? x.v : y.v}; }
// lane-wise a is NaN ? x : y.
static inline Vec select_nan(Vec a, Vec x, Vec y) { return {a.v == a.v ? y.v : x.v}; }
// Whether a < b in every lane; false where any is NaN.
static inline bool all_less(Vec a, Vec b) {
  const Ints less = a.v < b.v;
  return (less[0] & less[1] & less[2] & less[3]) != 0;
}

// Across the lanes: halves are combined until one lane is left, lane i with lane i + width for width = kLanes/2 down
// to 1.
static inline float sum_lanes(Vec a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
// The largest lane; a NaN is returned or passed over, as it happens.
static inline float max_lanes(Vec a) {
  const float even = a.v[0] > a.v[2] ? a.v[0] : a.v[2], odd = a.v[1] > a.v[3] ? a.v[1] : a.v[3];
  return even > odd ? even : odd;
}
// load_n with lanes past n holding `fill`.
static inline Vec load_n_or(const float* p, int n, Vec fill) {
  for (int i = 0; i < n; ++i) fill.v[i] = p[i];
  return fill;
}

// 64-byte line at p into L2 / L1.
static inline void prefetch_l2(const void* p) { __builtin_prefetch(p, 0, 2); }
static inline void prefetch_l1(const void* p) { __builtin_prefetch(p, 0, 3); }
// The line at p into L1, ready to be written.
static inline void prefetch_write(const void* p) { __builtin_prefetch(p, 1, 3); }

}  // namespace kite::generic

#include "kernels/simd/transpose_4x4.inl"
