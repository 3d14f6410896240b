// SPDX-License-Identifier: Apache-2.0
// Binomial counts of how many samples lie below a quantile.
#include "race/stats/percentile.h"

#include <algorithm>
#include <cmath>

#include "race/stats/distributions.h"
#include "race/stats/robust.h"

namespace kite::race {

std::optional<QuantileInterval> quantile_interval(std::span<const double> sorted, double q, double confidence) {
  const auto n = static_cast<std::int64_t>(sorted.size());
  const double tail = (1 - confidence) / 2;
  // B = samples below the quantile. The interval [x_(low), x_(high)] (from 1) holds it if low <= B < high.
  std::int64_t low = 0;
  std::int64_t high = 0;
  double before_low = 0;
  double cumulative = 0;  // P(B <= k)
  double before_high = 0;
  for (std::int64_t k = 0; k < n && high == 0; ++k) {
    cumulative += binomial_pmf(k, n, q);
    if (cumulative <= tail) {
      low = k + 1;
      before_low = cumulative;
    }
    if (cumulative >= 1 - tail) {
      high = k + 1;
      before_high = cumulative;
    }
  }
  if (low == 0 || high == 0) return std::nullopt;
  return QuantileInterval{.interval = {.low = sorted[static_cast<std::size_t>(low - 1)],
                                       .high = sorted[static_cast<std::size_t>(high - 1)]},
                          .achieved_confidence = before_high - before_low};
}

std::int64_t percentile_minimum_n(double q, double confidence) {
  const auto enough = [&](std::int64_t n) {
    const auto real_n = static_cast<double>(n);
    const double none_or_one = std::pow(q, real_n - 1) * (q + real_n * (1 - q));
    return none_or_one <= 1 - confidence;
  };
  std::int64_t low = 1;
  std::int64_t high = 2;
  constexpr std::int64_t kNever = std::int64_t{1} << 50;
  while (high < kNever && !enough(high)) high *= 2;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (enough(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return high;
}

std::optional<PercentileEstimate> process_percentile(std::span<const double> samples, double q, double confidence) {
  const auto n = static_cast<std::int64_t>(samples.size());
  if (n < percentile_minimum_n(q, confidence)) return std::nullopt;
  const std::vector<double> sorted = sorted_copy(samples);
  const std::optional<QuantileInterval> range = quantile_interval(sorted, q, confidence);
  if (!range) return std::nullopt;
  return PercentileEstimate{.value = quantile_of_sorted(sorted, q), .interval = range->interval, .n = n};
}

std::optional<PercentileEstimate> percentile_over_processes(std::span<const std::vector<double>> processes, double q,
                                                            double confidence) {
  std::vector<double> values;
  std::vector<double> lows;
  std::vector<double> highs;
  std::optional<PercentileEstimate> smallest;
  for (const std::vector<double>& samples : processes) {
    const std::optional<PercentileEstimate> one = process_percentile(samples, q, confidence);
    if (!one) return std::nullopt;
    values.push_back(one->value);
    lows.push_back(one->interval.low);
    highs.push_back(one->interval.high);
    if (!smallest || one->n < smallest->n) smallest = one;
  }
  if (!smallest) return std::nullopt;
  return PercentileEstimate{.value = median(values),
                            .interval = {.low = median(lows), .high = median(highs)},
                            .n = smallest->n,
                            .processes = static_cast<std::int32_t>(processes.size())};
}

}  // namespace kite::race
