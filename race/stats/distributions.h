// SPDX-License-Identifier: Apache-2.0
// The distributions that intervals and tests need, computed without tables.
#pragma once

#include <cstdint>

namespace kite::race {

// P(Z <= z) of the standard normal, by erfc; and its inverse for 0 < p < 1, by bisection to the last bit.
[[nodiscard]] double normal_cdf(double z) noexcept;
[[nodiscard]] double normal_quantile(double p) noexcept;

// The t with P(|T| <= t) = confidence, 0 < confidence < 1, for a whole number of degrees of freedom >= 1: the finite
// sums of Abramowitz & Stegun 1964, 26.7.3 and 26.7.4, inverted by bisection. Above 2,000 degrees the normal's.
[[nodiscard]] double student_t_two_sided(double confidence, std::int64_t degrees) noexcept;

// P(B = k) for B binomial(n, p), 0 < p < 1, 0 <= k <= n.
[[nodiscard]] double binomial_pmf(std::int64_t k, std::int64_t n, double p) noexcept;

// Wilcoxon's signed-rank statistic of n values without ties or zeros, under symmetry about 0: the largest c with
// P(W <= c) <= tail, and that probability; c is -1 where even P(W = 0) = 2^-n is more than `tail`.
// Exact for n <= 100 by the recursion of Hollander & Wolfe 1999 (3.1): adding rank r either adds r to W or does not.
// Beyond, the normal approximation with continuity correction. It errs to the safe side: at n = 101 its c is 1 of 1,997
// too small for a tail of 2.5 %, 4 of 1,818 for 0.5 %, 12 of 1,615 for 0.05 %.
struct SignedRankTail {
  std::int64_t c = -1;
  double probability = 0;
};
[[nodiscard]] SignedRankTail signed_rank_tail(std::int64_t n, double tail);

}  // namespace kite::race
