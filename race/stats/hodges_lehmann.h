// SPDX-License-Identifier: Apache-2.0
// The estimate of every comparison: the typical ratio of two contestants, from one ln-ratio for each round, with an
// interval.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace kite::race {

struct Interval {
  double low = 0, high = 0;
};

struct RatioEstimate {
  double ratio = std::numeric_limits<double>::quiet_NaN();           // NaN only if n is 0
  Interval interval = {0, std::numeric_limits<double>::infinity()};  // of the ratio
  std::int32_t n = 0;                                                // rounds (or processes) that it is computed from
  double confidence = 0;                                             // asked for
  double achieved_confidence = 0;  // of `interval` under the assumptions; never less than asked for

  [[nodiscard]] bool bounded() const noexcept { return std::isfinite(interval.high); }
};

// exp of the Hodges-Lehmann pseudo-median of the ln-ratios: the median of the Walsh averages (x_i + x_j) / 2, i <= j,
// with the interval between two of their order statistics that inverts Wilcoxon's signed-rank test (Hodges & Lehmann
// 1963; Hollander & Wolfe 1999, 3.2 and 3.3). 0 < confidence < 1.
//
// It assumes that rounds are independent and that ln-ratios are symmetric about the true one. It does not assume that
// they are normal. Ties make the interval conservative. Values that are not finite are left out and are
// not counted in n.
//
// Too few rounds: below n = 6 at 95 % (8 at 98.75 %) no interval of Walsh averages has the confidence asked for. The
// interval is then (0, infinity), which always holds: `bounded()` is false, and every verdict on it is undecided.
[[nodiscard]] RatioEstimate hodges_lehmann_ratio(std::span<const double> log_ratios, double confidence);

// The k-th smallest (from 1) of the n (n + 1) / 2 Walsh averages of sorted values, in O(n) space.
[[nodiscard]] double walsh_order_statistic(std::span<const double> sorted, std::int64_t k);

// Median over all differences a_i - b_j: the two-sample Hodges-Lehmann shift (Hodges & Lehmann 1963), for data without
// pairs. Both non-empty.
[[nodiscard]] double hodges_lehmann_shift(std::span<const double> a, std::span<const double> b);

}  // namespace kite::race
