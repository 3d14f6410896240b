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

// The name of a measure on the command line, and where its value is found: one name for a measure and its modes.
struct LimitedMeasure {
  std::string_view name;  // "label"
  Measure measure;
  std::vector<Mode> modes;
};

struct Limit {
  LimitedMeasure of;
  double share = 0;  // 0.03: at most 3 % more
};

// Reads limits like "label=3%" or "steady=2". kUsage: an unknown measure (the message lists all), a value that is not a
// percentage, or a measure with two limits.
[[nodiscard]] Result<std::vector<Limit>> parse_limits(std::span<const std::string> texts);

}  // namespace kite::race
