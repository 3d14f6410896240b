// SPDX-License-Identifier: Apache-2.0
// Whether a contestant has become slower. `kite race compare OLD NEW` compares a race with an earlier one, and
// `kite race compare DIR --base A --new B` compares two builds that raced in the same rounds and heats.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/limits.h"
#include "race/stats/regression.h"

namespace kite::race {

struct RaceChange {
  std::string label, model;
  Track track = Track::kMatched;
  Mode mode = Mode::kOneshot;
  Measure measure = Measure::kWall;
  std::int32_t threads = 1;
  std::optional<double> before, after;     // medians, in ms or bytes
  std::optional<double> ratio;             // after / before
  std::optional<Range> interval;           // 95 %; with a limit, moved outward by Unchanged::carried
  std::int32_t n_before = 0, n_after = 0;  // processes of the two races; in one race, the rounds or sets that have both
  bool bridge = false;                     // it is unchanged, so the machine causes its difference
  Verdict verdict = Verdict::kUndecided;
  std::string why;  // why there is no ratio, or why it cannot be decided

  // Only with a limit.
  std::optional<double> limit;             // 0.03: at most 3 % more
  std::optional<double> moved;             // how far unchanged contestants of the workload moved, by estimate
  LimitWord word = LimitWord::kUndecided;  // a bridge is not judged
};

struct RaceChanges {
  bool one_race = false;
  std::string before_name = "before", after_name = "after";
  std::vector<RaceChange> rows;
  double margin = 0.02;               // without limits: the widest of the races' margins and the drift
  std::optional<double> drift;        // two races without limits: the largest change of an unchanged contestant
  std::vector<std::string> programs;  // what was compared: one line for each program, with its file or version
  std::vector<std::string> warnings;  // how the two races differ, although they can be compared
  bool slower = false;                // without limits: a contestant that is not a bridge is slower

  std::vector<Limit> limits;
  LimitWord outcome = LimitWord::kHolds;  // the worst result of all rows that are not a bridge
};

// "holds", "undecided", "cannot tell", "broken": the result of a row with a limit.
[[nodiscard]] std::string_view limit_word_name(LimitWord word) noexcept;
// "passed", "undecided", "cannot tell", "failed": the outcome of the whole comparison.
[[nodiscard]] std::string_view outcome_word(const RaceChanges& changes) noexcept;

// Compares two races. Their rounds cannot be paired, so the intervals come from a bootstrap over processes and, within
// them, over blocks of samples. Without limits, the main measures are compared with the margin. kInvalidInput:
//   1. the machines differ, or a model with the same name is another file;
//   2. the races have no unchanged contestant in common, so a change of the machine cannot be distinguished from a
//      change of the contestants;
//   3. with limits: no contestant has changed, or neither race has the measure of a limit.
[[nodiscard]] Result<RaceChanges> compare_journals(const Journal& before, const Journal& after,
                                                   std::span<const Limit> limits = {});

// Compares two contestants of one race, given by their ids. Ratios and intervals are those of its report, paired by
// round and set; its A/A control is the unchanged contestant. kUsage: the race does not have a contestant.
// kInvalidInput: they share no workload, or the measure of a limit was not raced.
[[nodiscard]] Result<RaceChanges> compare_builds(const Journal& journal, const std::string& base,
                                                 const std::string& newer, std::span<const Limit> limits = {});

}  // namespace kite::race
