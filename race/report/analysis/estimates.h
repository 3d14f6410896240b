// SPDX-License-Identifier: Apache-2.0
// The report's questions to race/stats, in the report's terms: nothing is computed here that stats has.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/stats/compare.h"

namespace kite::race {

[[nodiscard]] double median_of(std::vector<double> values);  // of at least one value
[[nodiscard]] std::optional<Spread> spread_of(const std::vector<double>& values);

struct WarmUpFound {
  std::string name;     // of its class
  std::size_t cut = 0;  // leading samples that are not steady
};
// Of a process's samples in order, without the first inference.
[[nodiscard]] WarmUpFound warm_up_of(std::span<const double> series);

// Of each process first, then the median over processes; absent where a process has too few samples. The confidence is
// that of the rule for how many it needs, and of the interval.
inline constexpr double kPercentileConfidence = 0.99;
[[nodiscard]] Percentile percentile_of(const std::vector<std::vector<double>>& processes, double q);

struct PairedFound {
  std::int32_t n = 0;
  std::optional<double> ratio, p;
  std::optional<Range> interval;
};
// The ratio a / b over the rounds that have both; the interval has this confidence or none.
[[nodiscard]] PairedFound paired_ratio(const ByRound& a, const ByRound& b, double confidence);

// Holm's step-down, in the order given; absent stays absent.
[[nodiscard]] std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p);

// "faster", "slower", "equivalent", "undecided".
[[nodiscard]] std::string verdict_of(const std::optional<Range>& interval, double margin);

}  // namespace kite::race
