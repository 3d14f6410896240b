// SPDX-License-Identifier: Apache-2.0
// Analysis of variance of a pilot.
#include "race/stats/variance.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "race/stats/distributions.h"

namespace kite::race {

VarianceComponents variance_components(std::span<const std::vector<double>> processes) {
  VarianceComponents found;
  double total = 0;
  double total_squared_sizes = 0;
  double sum = 0;
  for (const std::vector<double>& samples : processes) {
    if (samples.empty()) continue;
    const auto size = static_cast<double>(samples.size());
    ++found.processes;
    total += size;
    total_squared_sizes += size * size;
    sum += std::accumulate(samples.begin(), samples.end(), 0.0);
  }
  if (found.processes == 0) return found;
  found.mean = sum / total;

  double squares_within = 0;
  double squares_between = 0;
  for (const std::vector<double>& samples : processes) {
    if (samples.empty()) continue;
    const auto size = static_cast<double>(samples.size());
    const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / size;
    for (const double value : samples) squares_within += (value - mean) * (value - mean);
    squares_between += size * (mean - found.mean) * (mean - found.mean);
  }
  const double count = found.processes;
  if (total > count) found.within = squares_within / (total - count);
  if (found.processes > 1) {
    const double typical_size = (total - total_squared_sizes / total) / (count - 1);
    found.between = std::max(0.0, (squares_between / (count - 1) - found.within) / typical_size);
  }
  return found;
}

std::int32_t iterations_per_process(const VarianceComponents& components, double process_cost, double iteration_cost,
                                    std::int32_t least, std::int32_t most) {
  const double best = std::sqrt(process_cost / iteration_cost * components.within / components.between);
  if (std::isnan(best)) return least;  // neither kind of variance: one iteration tells all
  return static_cast<std::int32_t>(
      std::lround(std::clamp(best, static_cast<double>(least), static_cast<double>(most))));
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1));
}

std::int32_t rounds_for_half_width(double sd, double half_width, double confidence, std::int32_t least,
                                   std::int32_t most) {
  constexpr double kEfficiency = 3 / std::numbers::pi;
  const double reach = std::log1p(half_width);
  for (std::int32_t rounds = std::max(least, 2); rounds < most; ++rounds) {
    const double error = sd / std::sqrt(kEfficiency * rounds);
    if (student_t_two_sided(confidence, rounds - 1) * error <= reach) return rounds;
  }
  return most;
}

}  // namespace kite::race
