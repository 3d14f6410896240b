// SPDX-License-Identifier: Apache-2.0
// Makes the rows of a comparison, and the outcome that follows from them.
#include "race/report/analysis/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "paperkite/try.h"
#include "race/report/analysis/comparisons.h"
#include "race/report/analysis/text.h"

namespace kite::race {

std::string_view limit_word_name(LimitWord word) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"holds", "undecided", "cannot tell", "broken"};
  return kNames[static_cast<std::size_t>(word)];
}

std::string_view outcome_word(const RaceChanges& changes) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"passed", "undecided", "cannot tell", "failed"};
  if (changes.limits.empty()) return changes.slower ? "failed" : "passed";
  return kNames[static_cast<std::size_t>(changes.outcome)];
}

Result<RaceSide> side_of(const Journal& journal) {
  KITE_TRY_ASSIGN(std::vector<CellSummary> cells, summarise_cells(journal));
  ControlResult control = judge_control(journal, cells);
  Eligibility eligibility(journal, cells);
  return RaceSide{journal, std::move(cells), std::move(control), std::move(eligibility)};
}

std::vector<Question> questions_of(Mode mode, std::span<const Limit> limits) {
  if (limits.empty()) return {{main_measure(mode), nullptr}};
  std::vector<Question> questions;
  for (const Limit& limit : limits) {
    const auto& modes = limit.of.modes;
    if (std::find(modes.begin(), modes.end(), mode) != modes.end()) questions.push_back({limit.of.measure, &limit});
  }
  return questions;
}

bool asks_nothing(const CellSummary& before, const CellSummary& after, Measure measure) {
  if (spread(before, measure) || spread(after, measure)) return false;
  const auto ended = [](const CellSummary& cell) { return spread(cell, Measure::kWall).has_value(); };
  const auto ran = [&](const CellSummary& cell) { return ended(cell) || !cell.failures.empty(); };
  return (ended(before) && ended(after)) || (!ran(before) && !ran(after));
}

RaceChange change_at(const CellSummary& cell, const Question& question) {
  RaceChange row;
  row.label = cell.label;
  row.model = cell.model;
  row.track = cell.track;
  row.mode = cell.mode;
  row.measure = question.measure;
  row.threads = cell.threads;
  if (question.limit != nullptr) row.limit = question.limit->share;
  return row;
}

void judge(RaceChange& row, const Unchanged& unchanged) {
  row.moved = unchanged.moved;
  row.word = LimitWord::kCannotTell;
  if (!row.why.empty()) return;
  const Interval open{0, std::numeric_limits<double>::infinity()};
  const LimitJudged judged =
      judge_limit(row.interval ? Interval{row.interval->low, row.interval->high} : open, *row.limit, unchanged);
  row.word = judged.word;
  if (row.interval) row.interval = Range{judged.interval.low, judged.interval.high};
  if (judged.word != LimitWord::kCannotTell) return;
  row.why = unchanged.moved ? fmt::format("unchanged contestants moved by {}", percent_text(*unchanged.moved))
                            : "no unchanged contestant ran here";
}

kite::Status conclude(RaceChanges& changes) {
  for (const Limit& limit : changes.limits) {
    const auto is_under = [&](const RaceChange& row) {
      const auto& modes = limit.of.modes;
      return !row.bridge && row.measure == limit.of.measure &&
             std::find(modes.begin(), modes.end(), row.mode) != modes.end();
    };
    if (std::any_of(changes.rows.begin(), changes.rows.end(), is_under)) continue;
    return Error{
        ErrorCode::kInvalidInput,
        fmt::format("nothing that could have changed was measured by \"{}\" ({})", limit.of.name,
                    measure_title(limit.of.measure)),
        "--fail-if",
        fmt::format("race with a mode that has it ({}), or remove that limit", mode_title(limit.of.modes.front()))};
  }
  for (const RaceChange& row : changes.rows) {
    if (!row.bridge && row.limit) changes.outcome = std::max(changes.outcome, row.word);
  }
  return {};
}

std::string identity_text(const ContestantRecord& contestant) {
  std::vector<std::string> parts;
  for (const auto& [name, version] : contestant.versions) parts.push_back(fmt::format("{} {}", name, version));
  for (const auto& program : contestant.programs) {
    // A contestant with a folder reports its version. The first file is the program; the others are
    // files that it reads.
    if (!contestant.peer.empty() && &program != &contestant.programs.front()) continue;
    parts.push_back(program_text(program));
  }
  return parts.empty() ? "its journal does not say which program it was" : joined(parts, ", ");
}

}  // namespace kite::race
