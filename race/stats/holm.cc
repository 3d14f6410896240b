// SPDX-License-Identifier: Apache-2.0
// Holm's and Bonferroni's corrections.
#include "race/stats/holm.h"

#include <algorithm>
#include <numeric>

namespace kite::race {

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::min(1.0, std::max(least, p[order[i]] * static_cast<double>(p.size() - i)));
    adjusted[order[i]] = least;
  }
  return adjusted;
}

double bonferroni_confidence(double confidence, std::int64_t m) noexcept {
  return m <= 1 ? confidence : 1 - (1 - confidence) / static_cast<double>(m);
}

}  // namespace kite::race
