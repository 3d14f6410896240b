// SPDX-License-Identifier: Apache-2.0
// The activations over the Vec of the target, as the lines of tensor/activations.inc name them.
// Errors (ULP = units in the last place of the float nearest to the exact value) hold for every finite input, denormal
// results included; activation_test.cc sweeps them on every target. Bound for all: 4 ULP; found over every float32
// where the function bends: exp 1.1, sigmoid 3.1, silu 3.4, tanh 1.4, erf 2.6, gelu 3.5; over every 37th of all: mish
// 3.6, softplus 3.2, selu 2.2, celu 2.1, elu 1.0. NaN gives NaN. Infinities give the limit; silu, gelu and mish of -Inf
// are NaN, as -Inf * 0 is.
#pragma once

#include "kernels/simd/math.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// m / (1 + e^-x) = m * sigmoid(x), |m| <= 130 for x < -100. e^-x = mantissa 2^n, with n cut at 100, where 1 is nothing
// beside it: what was cut off scales the quotient, which is rounded once more only where it is denormal.
static inline Vec times_sigmoid(Vec x, Vec m) {
  const Vec limited = max(min(x, splat(60.0f)), splat(-110.0f));  // the ends give m and 0
  const ExpScaled e = exp_scaled(sub(zero(), limited));
  const Vec all = whole(e.n);
  const Vec n = min(all, splat(100.0f));
  return scale(div(m, add(splat(1.0f), scale(e.mantissa, n))), sub(n, all));
}

// The same bits for |x| < 60 in every lane, where nothing has to be limited: 0.77 of the time on Zen 4.
static inline bool is_usual(Vec x) { return all_less(abs(x), splat(60.0f)); }
static inline Vec usual_times_sigmoid(Vec x, Vec m) {
  const ExpScaled e = exp_scaled(sub(zero(), x));
  return div(m, add(splat(1.0f), scale(e.mantissa, e.n)));
}

static inline Vec sigmoid(Vec x) {
  if (is_usual(x)) return usual_times_sigmoid(x, splat(1.0f));
  return times_sigmoid(x, splat(1.0f));
}

// NaN where x is -Inf, else y.
static inline Vec nan_at_minus_infinity(Vec x, Vec y) {
  return select_less(x, splat(-__FLT_MAX__), splat(__builtin_nanf("")), y);
}

static inline Vec silu(Vec x) {
  if (is_usual(x)) return usual_times_sigmoid(x, x);
  return nan_at_minus_infinity(x, times_sigmoid(x, max(x, splat(-130.0f))));
}

// e^(-t^2/2) for 0 <= t <= 15, given t^2 rounded: what the rounding left over enters as the tail.
static inline ExpParts exp_of_half_square(Vec t, Vec square) {
  const Vec minus_half = splat(-0.5f);
  if constexpr (Vec::kFused) return exp_parts(mul(square, minus_half), mul(neg_mul_add(t, t, square), splat(0.5f)));
  // t = high + low with 12 bits each: high^2/2 is exact, and the rest is (high + t) low / 2.
  const Vec split = mul(t, splat(4097.0f));
  const Vec high = sub(split, sub(split, t));
  return exp_parts(mul(mul(high, high), minus_half), mul(mul(add(high, t), sub(t, high)), minus_half));
}

// x Phi(x). |x| < 1: Phi(x) = 1/2 + x p(x^2), minimax error 0.02 ULP. Else with t = |x|: t Phi(-t) = e^(-t^2/2) r(t),
// and x Phi(x) = max(x, 0) - t Phi(-t). r is nearly flat: a polynomial in u = (t - 4) / (t + 4), minimax error 0.07 ULP
// on [1, 15].
static inline Vec gelu(Vec x) {
  const Vec t = min(abs(x), splat(15.0f));  // x Phi(x) is 0 in float below -14.4
  const Vec square = mul(t, t);
  const ExpParts e = exp_of_half_square(t, square);
  const Vec u = div(sub(t, splat(4.0f)), add(t, splat(4.0f)));
  Vec r = splat(0.000788498458593f);
  r = mul_add(r, u, splat(-0.000954888311529f));
  r = mul_add(r, u, splat(-0.00548187591355f));
  r = mul_add(r, u, splat(0.0264352189832f));
  r = mul_add(r, u, splat(-0.0630661622774f));
  r = mul_add(r, u, splat(0.100307157582f));
  r = mul_add(r, u, splat(-0.110379463179f));
  r = mul_add(r, u, splat(0.0736942587017f));
  r = mul_add(r, u, splat(0.37764256406f));
  const Vec tail = scale_low(mul_add(r, e.excess, r), e.n);  // r * mantissa, one rounding less
  const Vec far = sub(max(x, zero()), tail);
  Vec p = splat(-7.6542080574e-6f);
  p = mul_add(p, square, splat(0.000113486389837f));
  p = mul_add(p, square, splat(-0.00118632997888f));
  p = mul_add(p, square, splat(0.00997332343353f));
  p = mul_add(p, square, splat(-0.0664903599284f));
  p = mul_add(p, square, splat(0.398942280118f));
  const Vec near = mul(x, mul_add(p, x, splat(0.5f)));
  return nan_at_minus_infinity(x, select_less(t, splat(1.0f), near, far));
}

static inline Vec hard_swish(Vec x) {
  return mul(x, min(max(mul_add(x, splat(1.0f / 6.0f), splat(0.5f)), zero()), splat(1.0f)));
}

// x where it is not negative, else a (e^z - 1).
static inline Vec elu(Vec x, Vec z, Vec a) {
  return select_less(x, zero(), mul(a, expm1_of_negative(min(z, zero()))), x);
}

// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
static inline Vec softplus(Vec x) { return add(max(x, zero()), log1p_of_fraction(exp(sub(zero(), abs(x))))); }

// x tanh(ln(1 + t)) = x q / (q + 2), where t = e^x and q = t (t + 2). What is rounded is the smaller part of it: below
// 0 it is t x (1 - t (t + 1) / (q + 2)), above x (1 - 2 / (q + 2)).
static inline Vec mish(Vec x) {
  const Vec one = splat(1.0f), two = splat(2.0f);
  const ExpParts e = exp_parts(max(min(x, splat(20.0f)), splat(-110.0f)), zero());  // the ends give x and 0
  const Vec t = mul(e.mantissa, exp2_integral<0>(max(e.n, splat(-100.0f))));
  const Vec divisor = add(mul_add(t, t, add(t, t)), two);
  const Vec part = div(select_less(x, zero(), mul_add(t, t, t), two), divisor);
  const Vec rest = mul(max(x, splat(-130.0f)), sub(one, part));
  const Vec below = scale_low(mul_add(rest, e.excess, rest), e.n);  // rest * mantissa, one rounding less
  return nan_at_minus_infinity(x, select_less(x, zero(), below, rest));
}

}  // namespace kite::KITE_TARGET
