// SPDX-License-Identifier: Apache-2.0
// Asks race/stats, and turns its answers into what is present and what is absent.
#include "race/report/analysis/estimates.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "race/stats/holm.h"
#include "race/stats/percentile.h"
#include "race/stats/permutation.h"
#include "race/stats/robust.h"
#include "race/stats/verdict.h"
#include "race/stats/warmup.h"

namespace kite::race {
namespace {

constexpr std::uint64_t kTestSeed = 1;  // of sign flips beyond 2^32 patterns: a report is the same each time

}  // namespace

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

WarmUpFound warm_up_of(std::span<const double> series) {
  const SteadinessFound found = classify_steadiness(series);
  return {std::string(steadiness_name(found.steadiness)), found.cut};
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

PairedFound paired_ratio(const ByRound& a, const ByRound& b, double confidence) {
  PairedFound found;
  const auto log_ratios = paired_by_round(a, b).log_ratios;
  const RatioEstimate estimate = hodges_lehmann_ratio(log_ratios, confidence);
  found.n = estimate.n;
  if (estimate.n == 0) return found;
  found.ratio = estimate.ratio;
  found.p = sign_flip_test(log_ratios, kTestSeed).p;
  if (estimate.bounded()) found.interval = Range{estimate.interval.low, estimate.interval.high};
  return found;
}

std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p) {
  std::vector<double> present;
  for (const auto& value : p) {
    if (value) present.push_back(*value);
  }
  const auto adjusted = holm_adjusted(std::span<const double>(present));
  std::vector<std::optional<double>> out(p.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i]) out[i] = adjusted[next++];
  }
  return out;
}

std::string verdict_of(const std::optional<Range>& interval, double margin) {
  if (!interval) return std::string(verdict_name(Verdict::kUndecided));
  return std::string(verdict_name(verdict_of(Interval{interval->low, interval->high}, margin)));
}

}  // namespace kite::race
