// SPDX-License-Identifier: Apache-2.0
// The limits of `kite race compare --fail-if`: how much worse a contestant may become, measure by measure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "race/report/analysis/analysis.h"

namespace kite::race {

// What a person calls a measure, and where it is read: one word for the files' measure and mode together.
struct LimitedMeasure {
  std::string_view name;  // "label"
  Measure measure;
  std::vector<Mode> modes;
};

struct Limit {
  LimitedMeasure of;
  double share = 0;  // 0.03: at most 3 % more
};

// Of "label=3%", "steady=2" ... kUsage: an unknown measure (with those that there are), what is no percentage, a
// measure with two limits.
[[nodiscard]] Result<std::vector<Limit>> parse_limits(std::span<const std::string> texts);

}  // namespace kite::race
