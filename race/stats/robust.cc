// SPDX-License-Identifier: Apache-2.0
// Order statistics of small samples, by sorting.
#include "race/stats/robust.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kite::race {

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double quantile_of_sorted(std::span<const double> sorted, double q) noexcept {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = static_cast<double>(sorted.size() - 1) * std::clamp(q, 0.0, 1.0);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double quantile(std::span<const double> values, double q) { return quantile_of_sorted(sorted_copy(values), q); }

double median(std::span<const double> values) { return quantile(values, 0.5); }

double robust_sd(std::span<const double> values) {
  const double middle = median(values);
  std::vector<double> deviations;
  for (const double value : values) deviations.push_back(std::fabs(value - middle));
  return kMadToSd * median(deviations);
}

}  // namespace kite::race
