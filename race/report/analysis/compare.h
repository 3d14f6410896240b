// SPDX-License-Identifier: Apache-2.0
// Has a contestant become slower? `kite race compare OLD NEW` holds one race against an earlier one, and
// `kite race compare DIR --base A --new B` two builds that raced in the same rounds and heats.
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
  std::optional<Range> interval;           // 95 %; under a limit, moved outward by what the race's noise does not carry
  std::int32_t n_before = 0, n_after = 0;  // processes of two races; of one, the rounds or sets that have both
  bool bridge = false;                     // unchanged: what it differs by is the machine's doing
  Verdict verdict = Verdict::kUndecided;
  std::string why;  // why there is no ratio, or why nobody can tell

  // Under a limit only.
  std::optional<double> limit;             // 0.03: at most 3 % more
  std::optional<double> moved;             // what did not change in the same place, by its estimate
  LimitWord word = LimitWord::kUndecided;  // of a bridge, nothing is asked
};

struct RaceChanges {
  bool one_race = false;
  std::string before_name = "before", after_name = "after";
  std::vector<RaceChange> rows;
  double margin = 0.02;               // without limits: the widest of the races' margins and the drift
  std::optional<double> drift;        // without limits, of two races: the largest change of what did not change
  std::vector<std::string> programs;  // what was compared: a line a program, with its file or version
  std::vector<std::string> warnings;  // what the two races do not share, though they may be compared
  bool slower = false;                // without limits: some contestant that is no bridge

  std::vector<Limit> limits;
  LimitWord outcome = LimitWord::kHolds;  // the gravest word of all rows that are no bridge
};

// "holds", "undecided", "cannot tell", "broken": of a row under a limit.
[[nodiscard]] std::string_view limit_word_name(LimitWord word) noexcept;
// "passed", "undecided", "cannot tell", "failed": of the whole.
[[nodiscard]] std::string_view outcome_word(const RaceChanges& changes) noexcept;

// Rounds of two races cannot be paired, so the intervals are of a bootstrap over processes and, within them, over
// blocks of samples. Without limits, the main measures are held against the margin.
// kInvalidInput: other machines, other models under the same name, no contestant in common that did not change (then
// nothing tells the machine's change from the contestants'); with limits also where no contestant has changed, or a
// limit's measure is in neither race.
[[nodiscard]] Result<RaceChanges> compare_journals(const Journal& before, const Journal& after,
                                                   std::span<const Limit> limits = {});

// Two contestants of one race, by their ids: ratios and intervals are those of its report, paired by round and set, and
// its A/A control is what did not change. kUsage: a contestant that the race does not have. kInvalidInput: they share
// no place, or a limit's measure was not raced.
[[nodiscard]] Result<RaceChanges> compare_builds(const Journal& journal, const std::string& base,
                                                 const std::string& newer, std::span<const Limit> limits = {});

}  // namespace kite::race
