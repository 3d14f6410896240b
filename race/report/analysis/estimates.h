// SPDX-License-Identifier: Apache-2.0
// Calls race/stats for the report and converts its results. It computes nothing itself that race/stats has.
#pragma once

#include <optional>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/stats/compare.h"

namespace kite::race {

[[nodiscard]] double median_of(std::vector<double> values);  // of at least one value
[[nodiscard]] std::optional<Spread> spread_of(const std::vector<double>& values);

// Computed for each process first; then the median over processes. The value is absent if a process has too few
// samples. The confidence is used for the number of samples that are needed and for the interval.
inline constexpr double kPercentileConfidence = 0.99;
[[nodiscard]] Percentile percentile_of(const std::vector<std::vector<double>>& processes, double q);

struct RatioFound {
  std::int32_t n = 0;
  std::optional<double> ratio;
  std::optional<Range> interval;
};
// NaN, and intervals with an infinite end, become absent values.
[[nodiscard]] RatioFound found_of(const RatioEstimate& estimate);

// Options of all sign-flip tests of a report. More than 2^32 patterns are sampled, always with the same seed, so that
// the same journal gives the same page.
inline constexpr SignFlipRules kSignFlips = {.seed = 1};
// The rules of all comparisons of a race.
[[nodiscard]] FamilyRules family_rules(const PlanRecord& plan);

}  // namespace kite::race
