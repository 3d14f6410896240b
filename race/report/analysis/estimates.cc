// SPDX-License-Identifier: Apache-2.0
// Asks race/stats, and turns its answers into what is present and what is absent.
#include "race/report/analysis/estimates.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "race/stats/percentile.h"
#include "race/stats/robust.h"

namespace kite::race {
double median_of(std::vector<double> values) { return median(values); }

std::optional<Spread> spread_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  Spread spread;
  const auto n = static_cast<double>(values.size());
  spread.n = static_cast<std::int32_t>(values.size());
  spread.median = median(values);
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.sd = values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  spread.min = *min;
  spread.max = *max;
  return spread;
}

Percentile percentile_of(const std::vector<std::vector<double>>& processes, double q) {
  Percentile percentile;
  percentile.q = q;
  percentile.needs = percentile_minimum_n(q, kPercentileConfidence);
  std::size_t fewest = processes.empty() ? 0 : processes.front().size();
  for (const auto& samples : processes) fewest = std::min(fewest, samples.size());
  percentile.samples = static_cast<std::int64_t>(fewest);
  if (const auto found = percentile_over_processes(processes, q, kPercentileConfidence)) {
    percentile.ms = found->value;
    percentile.range = Range{found->interval.low, found->interval.high};
  }
  return percentile;
}

RatioFound found_of(const RatioEstimate& estimate) {
  RatioFound found;
  found.n = estimate.n;
  if (estimate.n == 0) return found;
  found.ratio = estimate.ratio;
  if (estimate.bounded()) found.interval = Range{estimate.interval.low, estimate.interval.high};
  return found;
}

FamilyRules family_rules(const PlanRecord& plan) { return {.margin = plan.margin, .sign_flip = kSignFlips}; }

}  // namespace kite::race
