// SPDX-License-Identifier: Apache-2.0
// Location and spread that a few outliers do not change. Values are finite; there is at least one value unless a
// comment says otherwise.
#pragma once

#include <span>
#include <vector>

namespace kite::race {

[[nodiscard]] std::vector<double> sorted_copy(std::span<const double> values);

// Quantile q in [0, 1] of sorted values: linear between order statistics at (n - 1) q, "type 7" of Hyndman & Fan 1996,
// which is also numpy's default. Without values: NaN.
[[nodiscard]] double quantile_of_sorted(std::span<const double> sorted, double q) noexcept;

[[nodiscard]] double quantile(std::span<const double> values, double q);
[[nodiscard]] double median(std::span<const double> values);

// Times this factor, the median of |x - median(x)| estimates the standard deviation of normal data
// (Rousseeuw & Croux 1993).
inline constexpr double kMadToSd = 1.4826;
[[nodiscard]] double robust_sd(std::span<const double> values);

}  // namespace kite::race
