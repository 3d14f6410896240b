// SPDX-License-Identifier: Apache-2.0
// exp, sigmoid, tanh, erf and the activations over the Vec of the target.
// Errors (ULP = units in the last place of the float nearest to the exact value) hold for every finite input, denormal
// results included; activation_test.cc sweeps them on every target. Bound for all: 4 ULP; found over every float32
// where the function bends: exp 1.1, sigmoid 3.1, silu 3.4, tanh 1.4, erf 2.6, gelu 3.5. NaN gives NaN. Infinities give
// the limit; silu and gelu of -Inf are NaN, as -Inf * 0 is.
#pragma once

#include "kernels/simd/target.inl"
#include "tensor/activation.h"

namespace kite::KITE_TARGET {

// e^x = mantissa * 2^n.
struct ExpParts {
  Vec mantissa;  // in [0.7, 1.42]
  Vec excess;    // mantissa - 1, before the rounding of the sum
  Vec n;         // integral
};

// e^(x + tail) for |x| < 130 and |tail| < 0.01, or NaN.
// x = n ln 2 + r with |r| <= ln(2)/2; n * 0.693359375 is exact. e^r - 1 - r = r^2 p(r), minimax, error 0.06 ULP of e^r.
static inline ExpParts exp_parts(Vec x, Vec tail) {
  const Vec n = round_even(mul(x, splat(1.44269504089f)));
  const Vec rest = neg_mul_add(n, splat(-2.12194440055e-4f), tail);
  const Vec r = add(neg_mul_add(n, splat(0.693359375f), x), rest);
  Vec p = splat(0.00138144688143f);
  p = mul_add(p, r, splat(0.00836878043396f));
  p = mul_add(p, r, splat(0.041668394173f));
  p = mul_add(p, r, splat(0.166665201076f));
  p = mul_add(p, r, splat(0.499999934127f));
  const Vec excess = mul_add(mul(p, r), r, r);
  return {add(excess, splat(1.0f)), excess, n};
}

// e^x = mantissa * 2^n for |x| < 130, or NaN. Where there is a table n may have a fraction, which `scale` leaves out.
// Templates (V is Vec), so that what only a table needs is not looked for elsewhere.
struct ExpScaled {
  Vec mantissa, n;
};
template <typename V>
static inline ExpScaled exp_scaled(V x) {
  if constexpr (V::kTable) {
    // x = n ln 2 + r, n a multiple of 1/16: |r| <= ln(2)/32, e^r - 1 = r + r^2 p(r), error 0.02 ULP, and 2^(n - floor
    // n) from a table. 1.5 * 2^19 makes the sixteenths the last four bits.
    const Vec shift = splat(786432.0f);
    const V shifted = mul_add(x, splat(1.44269504089f), shift);
    const Vec n = sub(shifted, shift);
    const Vec r = neg_mul_add(n, splat(-2.12194440055e-4f), neg_mul_add(n, splat(0.693359375f), x));
    const Vec excess = mul_add(mul(r, r), mul_add(r, splat(1.0f / 6.0f), splat(0.5000162f)), r);
    const Vec power = exp2_sixteenths(shifted);
    return {mul_add(power, excess, power), n};
  } else {
    const ExpParts e = exp_parts(x, zero());
    return {e.mantissa, e.n};
  }
}
// n without the fraction.
template <typename V>
static inline Vec whole(V n) {
  if constexpr (V::kTable) {
    return round_down(n);
  } else {
    return n;
  }
}

// Two factors where `scale` does not take every n: 2^n alone overflows at n = 128 and is denormal below -126.
static inline Vec exp(Vec x) {
  const Vec limited = max(min(x, splat(89.0f)), splat(-105.0f));  // both ends already give Inf and 0
  const ExpScaled e = exp_scaled(limited);
  if constexpr (Vec::kTable) return scale(e.mantissa, e.n);
  const Vec half = round_even(mul(e.n, splat(0.5f)));
  return mul(mul(e.mantissa, exp2_integral<0>(half)), exp2_integral<0>(sub(e.n, half)));
}

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

// |x| < 0.625: x + x^3 p(x^2), minimax on [0, 0.65], error 0.1 ULP; beyond: 1 - 2 / (e^2|x| + 1).
static inline Vec tanh(Vec x) {
  const Vec magnitude = abs(x);
  const Vec square = mul(x, x);
  Vec p = splat(-0.00552870367371f);
  p = mul_add(p, square, splat(0.0204834189852f));
  p = mul_add(p, square, splat(-0.0536930172672f));
  p = mul_add(p, square, splat(0.13330900639f));
  p = mul_add(p, square, splat(-0.333332629259f));
  const Vec small = mul_add(mul(p, square), x, x);
  const Vec one = splat(1.0f);
  const Vec twice = min(add(magnitude, magnitude), splat(40.0f));
  const Vec large = sub(one, div(splat(2.0f), add(exp(twice), one)));
  return select_less(magnitude, splat(0.625f), small, copy_sign(large, x));
}

// q(t) = e^(t^2/2) Phi(-t) for t in [0, 15], Phi the normal distribution: q(t) (t + 3) is nearly flat, and a polynomial
// in u = (t - 3) / (t + 3), minimax relative error 0.02 ULP.
static inline Vec mills(Vec t) {
  const Vec shifted = add(t, splat(3.0f));
  const Vec u = div(sub(t, splat(3.0f)), shifted);
  Vec p = splat(5.44888700062e-5f);
  p = mul_add(p, u, splat(0.000131329901521f));
  p = mul_add(p, u, splat(-0.000244729926823f));
  p = mul_add(p, u, splat(-0.00103257324176f));
  p = mul_add(p, u, splat(0.00102475398165f));
  p = mul_add(p, u, splat(0.00696931114857f));
  p = mul_add(p, u, splat(-0.0104625128891f));
  p = mul_add(p, u, splat(-0.0472626879736f));
  p = mul_add(p, u, splat(0.230017699418f));
  p = mul_add(p, u, splat(-0.509331991411f));
  p = mul_add(p, u, splat(0.729083690376f));
  return div(p, shifted);
}

// |x| < 0.85: x p(x^2), minimax error 0.1 ULP; beyond: 1 - 2 Phi(-sqrt(2) |x|).
static inline Vec erf(Vec x) {
  const Vec magnitude = min(abs(x), splat(5.0f));  // erf is 1 in float from 3.93 on
  const Vec square = mul(magnitude, magnitude);
  Vec p = splat(-0.000631512641695f);
  p = mul_add(p, square, splat(0.00505109733562f));
  p = mul_add(p, square, splat(-0.0268025518968f));
  p = mul_add(p, square, splat(0.112827175982f));
  p = mul_add(p, square, splat(-0.376125718666f));
  p = mul_add(p, square, splat(1.12837916024f));
  const Vec small = mul(p, x);
  const Vec t = mul(magnitude, splat(1.41421356237f));
  const Vec tail = mul(exp(sub(zero(), square)), mills(t));
  const Vec large = sub(splat(1.0f), add(tail, tail));
  return select_less(magnitude, splat(0.85f), small, copy_sign(large, x));
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

}  // namespace kite::KITE_TARGET
