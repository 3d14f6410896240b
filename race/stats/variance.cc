// SPDX-License-Identifier: Apache-2.0
// Analysis of variance of a pilot.
#include "race/stats/variance.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "race/stats/distributions.h"

namespace kite::race {

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1));
}

double expected_half_width(double sd, std::int32_t rounds, double confidence) {
  constexpr double kEfficiency = 3 / std::numbers::pi;
  return student_t_two_sided(confidence, rounds - 1) * sd / std::sqrt(kEfficiency * rounds);
}

std::int32_t rounds_for_half_width(double sd, double half_width, double confidence, std::int32_t least,
                                   std::int32_t most) {
  const double reach = std::log1p(half_width);
  for (std::int32_t rounds = std::max(least, 2); rounds < most; ++rounds) {
    if (expected_half_width(sd, rounds, confidence) <= reach) return rounds;
  }
  return most;
}

}  // namespace kite::race
