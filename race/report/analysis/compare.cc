// SPDX-License-Identifier: Apache-2.0
// Decides whether two races can be compared, then compares their common cells.
#include "race/report/analysis/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "paperkite/try.h"
#include "race/journal/machine_facts.h"
#include "race/report/analysis/changes.h"
#include "race/report/analysis/comparisons.h"
#include "race/report/analysis/estimates.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"
#include "race/stats/bootstrap.h"

namespace kite::race {
namespace {

const char* known(const std::string& value) { return value.empty() ? "unknown" : value.c_str(); }

// If the hardware differs, the races cannot be compared; if the software differs, there is a warning.
kite::Status check_machines(const PlanRecord& before, const PlanRecord& after, std::vector<std::string>& warnings) {
  for (const MachineFact& fact : kMachineFacts) {
    const std::string &old_value = before.machine.*fact.value, &new_value = after.machine.*fact.value;
    if (old_value == new_value || fact.kind == MachineFact::Kind::kMeasured) continue;
    std::string differs = fmt::format("{} was \"{}\" and is \"{}\"", fact.name, known(old_value), known(new_value));
    if (fact.kind == MachineFact::Kind::kHardware) {
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("the races ran on different machines, and nothing links the two: {}", differs),
                   "comparison of two races", "race the old and the new build beside each other in one race"};
    }
    warnings.push_back(std::move(differs));
  }
  for (const auto& model : before.models) {
    for (const auto& other : after.models) {
      if (model.id == other.id && model.sha256 != other.sha256) {
        return Error{ErrorCode::kInvalidInput, fmt::format("\"{}\" is another file in the second race", model.id),
                     "comparison of two races", "race both with the same model files"};
      }
    }
  }
  return {};
}

// Programs are compared by the contents of their files, not by their paths. Older journals do not have them; then the
// versions decide.
bool same_programs(const ContestantRecord& before, const ContestantRecord& after) {
  const auto same = [](const ProgramRecord& a, const ProgramRecord& b) { return a.xxh3 == b.xxh3; };
  return before.programs.empty() || after.programs.empty() ||
         std::equal(before.programs.begin(), before.programs.end(), after.programs.begin(), after.programs.end(), same);
}

// Unchanged: the same versions, settings and programs. With versions alone, two builds of one version
// would look the same.
bool is_bridge(const ContestantRecord& before, const ContestantRecord& after) {
  const bool named = !before.versions.empty() || !before.programs.empty();
  return !before.control && named && before.versions == after.versions && before.settings == after.settings &&
         same_programs(before, after);
}

std::vector<std::vector<double>> processes_of(const CellSummary& cell, Measure measure, const Journal& journal) {
  std::vector<std::vector<double>> processes;
  for (const auto& values : cell.processes) {
    if (!values.counted) continue;
    const auto& value = values.values[static_cast<std::size_t>(measure)];
    if (measure == Measure::kP50) {
      auto samples = steady_samples(journal.processes[values.process], values.cut);
      if (!samples.empty()) processes.push_back(std::move(samples));
    } else if (value) {
      processes.push_back({*value});
    }
  }
  return processes;
}

constexpr std::uint64_t kSeed = 1;  // seed of the resampling, so that the same two journals always give the same result

class Comparer {
 public:
  Comparer(const RaceSide& before, const RaceSide& after, RaceChanges& changes)
      : before_(before), after_(after), changes_(changes) {}

  void compare() {
    for (const auto& cell : after_.cells) {
      if (cell.control) continue;
      for (const auto& old : before_.cells) {
        const bool same =
            old.id == cell.id && old.model == cell.model && old.mode == cell.mode && old.threads == cell.threads;
        if (!same) continue;
        for (const Question& question : questions_of(cell.mode, changes_.limits)) add(old, cell, question);
      }
    }
  }

  // This judges by the margin only; judge_by_limits() judges by limits.
  void judge_by_margin() {
    const ChangesJudged found = judge_changes(judged_, changes_.margin);
    changes_.margin = found.margin;
    changes_.drift = found.drift;
    changes_.slower = found.regressed;
    for (std::size_t i = 0; i < changes_.rows.size(); ++i) changes_.rows[i].verdict = found.verdicts[i];
  }

  void judge_by_limits() {
    for (RaceChange& row : changes_.rows) {
      if (!row.bridge) judge(row, unchanged_beside(row));
    }
  }

 private:
  [[nodiscard]] const ContestantRecord& contestant(const RaceSide& side, const CellSummary& cell) const {
    return side.journal.plan.contestants[cell.contestant];
  }

  void add(const CellSummary& old, const CellSummary& cell, const Question& question) {
    RaceChange row = change_at(cell, question);
    row.bridge = is_bridge(contestant(before_, old), contestant(after_, cell));
    const bool measured = spread(old, row.measure) && spread(cell, row.measure);
    if (!measured && (row.bridge || !row.limit)) return;
    if (!measured && asks_nothing(old, cell, row.measure)) return;
    if (row.limit && !row.bridge) row.why = why_not(old, cell, row.measure);
    if (const auto& own = spread(old, row.measure)) row.before = own->median;
    if (const auto& own = spread(cell, row.measure)) row.after = own->median;
    Change change{{}, row.bridge};
    if (measured) {
      const auto old_processes = processes_of(old, row.measure, before_.journal),
                 new_processes = processes_of(cell, row.measure, after_.journal);
      row.n_before = static_cast<std::int32_t>(old_processes.size());
      row.n_after = static_cast<std::int32_t>(new_processes.size());
      BootstrapRules rules;
      rules.seed = kSeed;
      change.estimate = hierarchical_bootstrap_ratio(new_processes, old_processes, rules);
      const RatioFound ratio = found_of(change.estimate);
      row.ratio = ratio.ratio;
      row.interval = ratio.interval;
    }
    changes_.rows.push_back(std::move(row));
    judged_.push_back(change);
  }

  // A contestant that fails, or whose answers differ, has no result, however fast it is.
  [[nodiscard]] std::string why_not(const CellSummary& old, const CellSummary& cell, Measure measure) const {
    for (const auto& [side, of, name] : {std::tuple{&before_, &old, "before"}, {&after_, &cell, "after"}}) {
      const std::string& reason = side->eligibility.reason(*of);
      if (!reason.empty()) return fmt::format("{}: {}", name, reason);
      if (!spread(*of, measure)) return fmt::format("{}: it was not measured", name);
    }
    return {};
  }

  [[nodiscard]] Unchanged unchanged_beside(const RaceChange& row) const {
    Unchanged found;
    const auto take = [&](const std::optional<double>& ratio) {
      if (ratio) found.moved = std::max(found.moved.value_or(0), distance_from_one(*ratio));
    };
    const auto same = [&](const auto& other) {
      return other.model == row.model && other.track == row.track && other.mode == row.mode &&
             other.threads == row.threads && other.measure == row.measure;
    };
    for (const RaceChange& other : changes_.rows) {
      if (other.bridge && same(other)) take(other.ratio);
    }
    for (const RaceSide* side : {&before_, &after_}) {
      for (const ControlRow& control : side->control.rows) {
        if (found.moved && control.biased && same(control)) take(control.ratio);
      }
    }
    // An interval of two races does not contain how the machine changed between them.
    found.carried = found.moved.value_or(0);
    return found;
  }

  const RaceSide &before_, &after_;
  RaceChanges& changes_;
  std::vector<Change> judged_;
};

// The contestants that changed: what each was and what it is, one line each.
void name_programs(const RaceSide& before, const RaceSide& after, RaceChanges& changes) {
  const auto labels = contestant_labels(after.journal.plan);
  for (const ContestantRecord& then : before.journal.plan.contestants) {
    const auto& all = after.journal.plan.contestants;
    if (std::any_of(all.begin(), all.end(), [&](const ContestantRecord& now) { return now.id == then.id; })) continue;
    changes.warnings.push_back(fmt::format("{} is only in the first race", then.id));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const ContestantRecord& now = after.journal.plan.contestants[i];
    for (const ContestantRecord& then : before.journal.plan.contestants) {
      if (now.control || then.id != now.id || is_bridge(then, now)) continue;
      changes.programs.push_back(
          fmt::format("{} before: {}; after: {}", labels[i], identity_text(then), identity_text(now)));
    }
  }
}

kite::Status check_rows(const RaceChanges& changes) {
  const auto is_bridge_row = [](const RaceChange& row) { return row.bridge; };
  if (std::none_of(changes.rows.begin(), changes.rows.end(), is_bridge_row)) {
    return Error{ErrorCode::kInvalidInput,
                 "no contestant is in both races with the same versions, settings and programs, so a change of the "
                 "machine cannot be distinguished from a change of the contestants",
                 "comparison of two races", "race again with the other race's reference, at its version"};
  }
  if (!changes.limits.empty() && std::all_of(changes.rows.begin(), changes.rows.end(), is_bridge_row)) {
    return Error{ErrorCode::kInvalidInput,
                 "every contestant that both races have is unchanged (the same versions, settings and programs), so "
                 "nothing can have become slower",
                 "comparison of two races", "name a race of the old build and one of the new build"};
  }
  return {};
}

}  // namespace

Result<RaceChanges> compare_journals(const Journal& before, const Journal& after, std::span<const Limit> limits) {
  RaceChanges changes;
  changes.limits = {limits.begin(), limits.end()};
  KITE_TRY(check_machines(before.plan, after.plan, changes.warnings));
  KITE_TRY_ASSIGN(const RaceSide first, side_of(before));
  KITE_TRY_ASSIGN(const RaceSide second, side_of(after));
  changes.margin = std::max(before.plan.margin, after.plan.margin);
  for (const auto& [side, name] : {std::pair{&first, "first"}, {&second, "second"}}) {
    if (side->control.valid) continue;
    changes.warnings.push_back(fmt::format("of the {} race: {}", name, bias_sentence(side->control)));
  }
  Comparer comparer(first, second, changes);
  comparer.compare();
  KITE_TRY(check_rows(changes));
  name_programs(first, second, changes);
  if (limits.empty()) {
    comparer.judge_by_margin();
    return changes;
  }
  comparer.judge_by_limits();
  KITE_TRY(conclude(changes));
  return changes;
}

}  // namespace kite::race
