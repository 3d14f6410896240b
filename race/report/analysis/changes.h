// SPDX-License-Identifier: Apache-2.0
// The functions that the comparison of two races and that of two builds of one race share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "race/report/analysis/cells.h"
#include "race/report/analysis/compare.h"
#include "race/report/analysis/eligibility.h"

namespace kite::race {

// A journal and the summaries of its cells.
struct RaceSide {
  const Journal& journal;
  std::vector<CellSummary> cells;
  ControlResult control;
  Eligibility eligibility;
};
[[nodiscard]] Result<RaceSide> side_of(const Journal& journal);

// What a cell is compared by: its main measure, or each measure that has a limit.
struct Question {
  Measure measure = Measure::kWall;
  const Limit* limit = nullptr;
};
[[nodiscard]] std::vector<Question> questions_of(Mode mode, std::span<const Limit> limits);

// True if both sides lack the measure: neither side ran, since the time was too short, or both ran and the measure does
// not exist for them. In every other case a missing value means that a contestant has no result.
[[nodiscard]] bool asks_nothing(const CellSummary& before, const CellSummary& after, Measure measure);

// The workload and the label of `cell`.
[[nodiscard]] RaceChange change_at(const CellSummary& cell, const Question& question);

// Sets the result of a row under its limit, from its interval; `why` says why it cannot be decided.
void judge(RaceChange& row, const Unchanged& unchanged);

// The outcome over all rows. kInvalidInput: no row has the measure of a limit.
[[nodiscard]] kite::Status conclude(RaceChanges& changes);

// "paperkite 0.9, /opt/old/kite, 6236272 bytes, XXH3 0123456789abcdef"
[[nodiscard]] std::string identity_text(const ContestantRecord& contestant);

}  // namespace kite::race
