// SPDX-License-Identifier: Apache-2.0
// The report's questions to race/stats, in the report's terms: nothing is computed here that stats has.
#pragma once

#include <optional>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/stats/compare.h"

namespace kite::race {

[[nodiscard]] double median_of(std::vector<double> values);  // of at least one value
[[nodiscard]] std::optional<Spread> spread_of(const std::vector<double>& values);

// Of each process first, then the median over processes; absent where a process has too few samples. The confidence is
// that of the rule for how many it needs, and of the interval.
inline constexpr double kPercentileConfidence = 0.99;
[[nodiscard]] Percentile percentile_of(const std::vector<std::vector<double>>& processes, double q);

struct RatioFound {
  std::int32_t n = 0;
  std::optional<double> ratio;
  std::optional<Range> interval;
};
// NaN and infinite ends become what is absent.
[[nodiscard]] RatioFound found_of(const RatioEstimate& estimate);

// Of all sign-flip tests of a report. Beyond 2^32 patterns they are sampled; the same journal gives the same page.
inline constexpr SignFlipRules kSignFlips = {.seed = 1};
// Of all comparisons of a race.
[[nodiscard]] FamilyRules family_rules(const PlanRecord& plan);

}  // namespace kite::race
