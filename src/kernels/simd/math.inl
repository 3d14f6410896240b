// SPDX-License-Identifier: Apache-2.0
// exp, expm1, log1p, tanh and erf over the Vec of the target. Errors stand in activation.inl.
#pragma once

#include "kernels/simd/target.inl"

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

// e^x - 1 for x <= 0, or NaN: 2^n (mantissa - 1) + (2^n - 1), whose second term is exact.
static inline Vec expm1_of_negative(Vec x) {
  const ExpParts e = exp_parts(max(x, splat(-30.0f)), zero());  // the end gives -1
  const Vec power = exp2_integral<0>(e.n);
  return mul_add(power, e.excess, sub(power, splat(1.0f)));
}

// ln(1 + x) for 0 <= x <= 1, or NaN: with s = 2x / (2 + x) it is 2 artanh(s/2) = s + s^3 p(s^2), minimax error 0.1 ULP.
static inline Vec log1p_of_fraction(Vec x) {
  const Vec s = div(add(x, x), add(x, splat(2.0f)));
  const Vec square = mul(s, s);
  Vec p = splat(0.000547241652384f);
  p = mul_add(p, square, splat(0.00218754191883f));
  p = mul_add(p, square, splat(0.012506749481f));
  p = mul_add(p, square, splat(0.0833330154419f));
  return mul_add(mul(p, square), s, s);
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

}  // namespace kite::KITE_TARGET
