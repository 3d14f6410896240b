// SPDX-License-Identifier: Apache-2.0
// Two builds of one race: their comparison is the same as in the report, and the A/A control says what can be seen.
#include <fmt/format.h>

#include <algorithm>

#include "paperkite/try.h"
#include "race/report/analysis/changes.h"
#include "race/report/analysis/comparisons.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"

namespace kite::race {
namespace {

Result<const ContestantRecord*> find_contestant(const PlanRecord& plan, const std::string& id, const char* option) {
  std::vector<std::string> others;
  for (const auto& contestant : plan.contestants) {
    if (contestant.control) continue;
    if (contestant.id == id) return &contestant;
    others.push_back(contestant.id);
  }
  return Error{ErrorCode::kUsage, fmt::format("the race has no contestant \"{}\"", id), option,
               "there are " + joined(others, ", ")};
}

std::vector<std::string> file_hashes(const ContestantRecord& contestant) {
  std::vector<std::string> hashes;
  for (const ProgramRecord& program : contestant.programs) hashes.push_back(program.xxh3);
  return hashes;
}

class Pair {
 public:
  Pair(const RaceSide& side, RaceChanges& changes) : side_(side), changes_(changes) {
    // If the reference differs from itself, the difference is compared with each limit, instead
    // of ending the comparison.
    for (ControlRow& row : unbiased_.rows) row.biased = row.biased && changes.limits.empty();
  }

  void compare() {
    std::vector<CellPair> cells;
    for (const auto& cell : side_.cells) {
      if (cell.id != changes_.after_name || cell.control) continue;
      for (const auto& base : side_.cells) {
        if (base.id == changes_.before_name && same_workload(cell, base)) cells.push_back({&cell, &base, {}});
      }
    }
    if (changes_.limits.empty()) return add(cells, nullptr);
    for (const Limit& limit : changes_.limits) add(cells, &limit);
  }

 private:
  // One family of comparisons: all workloads of a limit, or the main measures of all workloads.
  void add(const std::vector<CellPair>& cells, const Limit* limit) {
    std::vector<CellPair> pairs;
    for (CellPair pair : cells) {
      const std::span<const Limit> limits(limit, limit == nullptr ? 0 : 1);
      for (const Question& question : questions_of(pair.cell->mode, limits)) {
        pair.measure = question.measure;
        if (!asks_nothing(*pair.reference, *pair.cell, pair.measure)) pairs.push_back(pair);
      }
    }
    const Field field{side_.journal, side_.cells, side_.eligibility, unbiased_};
    const auto found = compare_pairs(field, pairs, limit == nullptr ? changes_.margin : limit->share);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      add_row(pairs[i], found[i], limit);
      add_control(pairs[i], limit);
    }
  }

  void add_row(const CellPair& pair, const Comparison& found, const Limit* limit) {
    RaceChange row = change_at(*pair.cell, {pair.measure, limit});
    row.before = found.reference_value;
    row.after = found.value;
    row.ratio = found.ratio;
    row.interval = found.interval;
    row.n_before = row.n_after = found.n;
    row.verdict = found.verdict.value_or(Verdict::kUndecided);
    if (!found.ranked) row.why = found.why_not;
    if (limit != nullptr) judge(row, unchanged_beside(pair));
    if (row.why.empty() && !row.interval) row.why = found.why_not;
    changes_.slower |= row.verdict == Verdict::kSlower;
    changes_.rows.push_back(std::move(row));
    if (found.ranked && found.by_answer && found.answered == Answered::kNotChecked) {
      changes_.warnings.push_back(
          fmt::format("the answers of {} and {} on {} were not compared, since the reference's "
                      "is not known",
                      changes_.before_name, changes_.after_name, row_place(pair)));
    }
  }

  static std::string row_place(const CellPair& pair) {
    return workload_text(pair.cell->model, pair.cell->mode, pair.cell->threads, pair.cell->track);
  }

  // The intervals of a race contain its noise. They do not contain a difference of the reference from itself.
  [[nodiscard]] Unchanged unchanged_beside(const CellPair& pair) const {
    const ControlRow* control = control_of(side_.control, *pair.cell, pair.measure);
    if (control == nullptr || !control->ratio) return {};
    const double moved = distance_from_one(*control->ratio);
    return {moved, control->biased ? moved : 0};
  }

  void add_control(const CellPair& pair, const Limit* limit) {
    const ControlRow* control = control_of(side_.control, *pair.cell, pair.measure);
    const CellSummary* reference = find_reference(*pair.cell, side_.cells, side_.journal.plan);
    for (const auto& cell : side_.cells) {
      if (control == nullptr || !control->ratio || reference == nullptr) continue;
      if (!cell.control || !same_workload(cell, *pair.cell)) continue;
      RaceChange row = change_at(cell, {pair.measure, limit});
      row.bridge = true;
      if (const auto& own = spread(*reference, row.measure)) row.before = own->median;
      if (const auto& own = spread(cell, row.measure)) row.after = own->median;
      row.ratio = control->ratio;
      row.interval = control->interval;
      row.n_before = row.n_after = control->n;
      changes_.rows.push_back(std::move(row));
    }
  }

  const RaceSide& side_;
  RaceChanges& changes_;
  ControlResult unbiased_ = side_.control;
};

}  // namespace

Result<RaceChanges> compare_builds(const Journal& journal, const std::string& base, const std::string& newer,
                                   std::span<const Limit> limits) {
  RaceChanges changes;
  changes.one_race = true;
  changes.before_name = base;
  changes.after_name = newer;
  changes.limits = {limits.begin(), limits.end()};
  changes.margin = journal.plan.margin;
  std::vector<std::vector<std::string>> files;
  for (const auto& [id, option] : {std::pair{&base, "--base"}, {&newer, "--new"}}) {
    KITE_TRY_ASSIGN(const ContestantRecord* contestant, find_contestant(journal.plan, *id, option));
    changes.programs.push_back(fmt::format("{}: {}", *id, identity_text(*contestant)));
    files.push_back(file_hashes(*contestant));
  }
  if (!files[0].empty() && files[0] == files[1]) {
    changes.warnings.push_back(
        fmt::format("{} and {} run equal files: nothing in their programs has changed", base, newer));
  }
  KITE_TRY_ASSIGN(const RaceSide side, side_of(journal));
  if (!side.control.valid) changes.warnings.push_back(bias_sentence(side.control));
  Pair(side, changes).compare();
  if (changes.rows.empty() && limits.empty()) {
    return Error{ErrorCode::kInvalidInput, fmt::format("\"{}\" and \"{}\" never ran on the same workload", base, newer),
                 "comparison of two builds", "race both on the same model, in the same mode and track"};
  }
  KITE_TRY(conclude(changes));
  return changes;
}

}  // namespace kite::race
