// SPDX-License-Identifier: Apache-2.0
// Compares one race with an earlier one: which contestants became slower, and by how much the machine changed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"
#include "race/stats/verdict.h"

namespace kite::race {

struct Change {
  RatioEstimate estimate;  // new / old of one contestant in one workload (hierarchical_bootstrap_ratio)
  bool unchanged = false;  // the contestant is the same in both races, so the machine causes its change
};

struct ChangesJudged {
  std::optional<double> drift;    // the largest change of an unchanged contestant; 0.03: 3 % up or down
  double margin = 0;              // used for the verdicts: the larger of the margin asked for and the drift
  std::vector<Verdict> verdicts;  // of each change
  bool regressed = false;         // a contestant that did change is slower
};

// Rounds of two races cannot be paired, so no interval contains how the machine changed between the races. The
// contestants that did not change show it, and their drift widens the margin. If the drift is larger than the margin
// asked for, nothing is called equivalent. Each interval holds by itself, but not all at the same time, so a single
// "slower" is a suspicion until another race says the same.
[[nodiscard]] ChangesJudged judge_changes(std::span<const Change> changes, double margin);

// By how much a ratio differs from 1, up or down: 0.25 for 1.25 and for 0.8.
[[nodiscard]] double distance_from_one(double ratio) noexcept;

// Whether a contestant holds a limit (0.03: at most 3 % more); the worst result comes last.
enum class LimitWord : std::uint8_t { kHolds, kUndecided, kCannotTell, kBroken };

// How unchanged contestants moved in the workload of the contestant that is judged.
struct Unchanged {
  std::optional<double> moved;  // by its estimate; absent: nothing unchanged ran there
  double carried = 0;           // the share of it that the contestant's own interval does not contain
};

struct LimitJudged {
  Interval interval;  // of the contestant's ratio, both ends moved outward by `carried`
  LimitWord word = LimitWord::kUndecided;
};

// 1. Unchanged contestants moved by more than the limit, or did not run: "cannot tell", since the contestant's change
//    cannot be distinguished from the machine's. The interval does not matter then.
// 2. The whole interval lies beyond the limit: broken. The whole interval lies below it: the limit holds.
// 3. Otherwise undecided: the race was too short or too noisy for this limit.
// A contestant that did not change is called "broken" in at most one race in forty, even with a limit of 0, since its
// interval covers 1 at 95 %.
[[nodiscard]] LimitJudged judge_limit(const Interval& ratio, double limit, const Unchanged& unchanged) noexcept;

}  // namespace kite::race
