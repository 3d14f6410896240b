// SPDX-License-Identifier: Apache-2.0
// Holm's and Bonferroni's corrections.
#include "race/stats/holm.h"

#include <algorithm>

namespace kite::race {

std::vector<std::optional<double>> holm_adjusted(std::span<const std::optional<double>> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return *p[a] < *p[b]; });
  std::vector<std::optional<double>> adjusted(p.size());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::min(1.0, std::max(least, *p[order[i]] * static_cast<double>(order.size() - i)));
    adjusted[order[i]] = least;
  }
  return adjusted;
}

double bonferroni_confidence(double confidence, std::int64_t m) noexcept {
  return m <= 1 ? confidence : 1 - (1 - confidence) / static_cast<double>(m);
}

}  // namespace kite::race
