// SPDX-License-Identifier: Apache-2.0
// One race against an earlier one: which contestants became slower, and by how much the machine itself changed.
#pragma once

#include <cstdint>
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

// By how much a ratio differs from 1, either way: 0.25 for 1.25 and for 0.8.
[[nodiscard]] double distance_from_one(double ratio) noexcept;

// Whether a contestant kept to a limit, 0.03 for at most 3 % more; the gravest word comes last.
enum class LimitWord : std::uint8_t { kHolds, kUndecided, kCannotTell, kBroken };

// What moved where nothing was changed, beside the contestant that is judged.
struct Unchanged {
  std::optional<double> moved;  // by its estimate; absent: nothing unchanged ran there
  double carried = 0;           // the part of it that the contestant's own interval does not carry
};

struct LimitJudged {
  Interval interval;  // of the contestant's ratio, both ends moved outward by `carried`
  LimitWord word = LimitWord::kUndecided;
};

// 1. What did not change moved by more than the limit, or did not run: nobody can tell the contestant's change from the
//    machine's, whatever the interval says.
// 2. The whole interval lies beyond the limit: broken. The whole interval lies below: it holds.
// 3. Else undecided: the race was too short or too noisy for this limit.
// Of a contestant that did not change, one race in forty at most ends as "broken" even with a limit of 0, since its
// interval covers 1 at 95 %.
[[nodiscard]] LimitJudged judge_limit(const Interval& ratio, double limit, const Unchanged& unchanged) noexcept;

}  // namespace kite::race
