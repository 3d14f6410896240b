// SPDX-License-Identifier: Apache-2.0
// What the comparison of two races and that of two builds of one race have in common.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "race/report/analysis/cells.h"
#include "race/report/analysis/compare.h"
#include "race/report/analysis/eligibility.h"

namespace kite::race {

// A journal, and what is known of its cells by themselves.
struct RaceSide {
  const Journal& journal;
  std::vector<CellSummary> cells;
  ControlResult control;
  Eligibility eligibility;
};
[[nodiscard]] Result<RaceSide> side_of(const Journal& journal);

// What is asked of a cell: its main measure, or each measure with a limit.
struct Question {
  Measure measure = Measure::kWall;
  const Limit* limit = nullptr;
};
[[nodiscard]] std::vector<Question> questions_of(Mode mode, std::span<const Limit> limits);

// What was planned and ran on neither side, for want of time, and what ran on both and has no such measure. All else
// that has no value is a contestant without a result.
[[nodiscard]] bool asks_nothing(const CellSummary& before, const CellSummary& after, Measure measure);

// The place and the label of `cell`.
[[nodiscard]] RaceChange change_at(const CellSummary& cell, const Question& question);

// The word of a row under its limit, from its interval; `why` where nobody can tell.
void judge(RaceChange& row, const Unchanged& unchanged);

// The outcome of all rows. kInvalidInput: a limit that no row is under.
[[nodiscard]] kite::Status conclude(RaceChanges& changes);

// "paperkite 0.9, /opt/old/kite, 6236272 bytes, XXH3 0123456789abcdef"
[[nodiscard]] std::string identity_text(const ContestantRecord& contestant);

}  // namespace kite::race
