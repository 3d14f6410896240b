// SPDX-License-Identifier: Apache-2.0
// One race against an earlier one: `kite race compare OLD NEW`. Rounds of two races cannot be paired, so the intervals
// are of a bootstrap over processes and, within them, over blocks of samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

struct RaceChange {
  std::string label, model;
  Track track = Track::kMatched;
  Mode mode = Mode::kOneshot;
  std::int32_t threads = 1;
  double before_ms = 0, after_ms = 0;      // medians of the main measure
  std::optional<double> ratio;             // after / before
  std::optional<Range> interval;           // 95 %
  std::int32_t n_before = 0, n_after = 0;  // processes
  bool bridge = false;                     // unchanged between the races: what it differs by is the machine's doing
  Verdict verdict = Verdict::kUndecided;
};

struct RaceChanges {
  std::vector<RaceChange> rows;
  double margin = 0.02;               // the widest of both races' margins and the drift
  std::optional<double> drift;        // the largest change of a contestant that did not change (stats/regression.h)
  std::vector<std::string> warnings;  // what the two races do not share, though they may be compared
  bool slower = false;                // some contestant that is no bridge
};

// kInvalidInput: other machines, other models under the same name, no contestant in common that did not change (then
// nothing tells the machine's change from the contestants').
[[nodiscard]] Result<RaceChanges> compare_journals(const Journal& before, const Journal& after);

}  // namespace kite::race
