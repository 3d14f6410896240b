// SPDX-License-Identifier: Apache-2.0
// One race against an earlier one: which contestants became slower, and by how much the machine itself changed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"
#include "race/stats/verdict.h"

namespace kite::race {

struct Change {
  RatioEstimate estimate;  // new / old of one contestant in one place (hierarchical_bootstrap_ratio)
  bool unchanged = false;  // the contestant is the same in both races: what it differs by is the machine's doing
};

struct ChangesJudged {
  std::optional<double> drift;    // the largest change of an unchanged contestant; 0.03: by 3 % either way
  double margin = 0;              // that the words used: the larger of the margin asked for and the drift
  std::vector<Verdict> verdicts;  // of each change
  bool regressed = false;         // a contestant that did change is slower
};

// Rounds of two races cannot be paired, so no interval carries what the machine did between them: the contestants that
// did not change show it, and their drift widens the margin; where it is larger than the margin asked for, nothing is
// called equivalent. The intervals hold one by one and not all at once, so a
// single "slower" is a suspicion until another race says the same.
[[nodiscard]] ChangesJudged judge_changes(std::span<const Change> changes, double margin);

}  // namespace kite::race
