// SPDX-License-Identifier: Apache-2.0
// Decides whether two races may be compared at all, then compares their common cells.
#include "race/report/analysis/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "paperkite/try.h"
#include "race/journal/machine_facts.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/estimates.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"
#include "race/stats/bootstrap.h"
#include "race/stats/regression.h"

namespace kite::race {
namespace {

const char* known(const std::string& value) { return value.empty() ? "unknown" : value.c_str(); }

// Hardware that differs ends it; software that differs is a warning.
kite::Status check_machines(const PlanRecord& before, const PlanRecord& after, std::vector<std::string>& warnings) {
  for (const MachineFact& fact : kMachineFacts) {
    const std::string &old_value = before.machine.*fact.value, &new_value = after.machine.*fact.value;
    if (old_value == new_value || fact.kind == MachineFact::Kind::kMeasured) continue;
    std::string differs = fmt::format("{} was \"{}\" and is \"{}\"", fact.name, known(old_value), known(new_value));
    if (fact.kind == MachineFact::Kind::kHardware) {
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("the races ran on different machines, and nothing links the two: {}", differs),
                   "comparison of two races", "race the old and the new form beside each other in one race"};
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

// Unchanged: a runtime that is not the project's own, at the same versions and settings.
bool is_bridge(const ContestantRecord& before, const ContestantRecord& after) {
  return !before.control && !before.versions.empty() && before.versions == after.versions &&
         before.settings == after.settings;
}

std::vector<std::vector<double>> processes_of(const CellSummary& cell, const Journal& journal) {
  std::vector<std::vector<double>> processes;
  for (const auto& values : cell.processes) {
    if (!values.counted) continue;
    const auto& process = journal.processes[values.process];
    auto samples = cell.mode == Mode::kOneshot ? std::vector{static_cast<double>(process.wall_ns) / 1e6}
                                               : steady_samples(process, values.cut);
    if (!samples.empty()) processes.push_back(std::move(samples));
  }
  return processes;
}

constexpr std::uint64_t kSeed = 1;  // of the resampling: the same two journals compare alike each time

struct Side {
  const Journal& journal;
  Analysis analysis;
};

struct Changed {
  RaceChange row;
  Change change;
};

Changed change_of(const CellSummary& before, const CellSummary& after, const Side& first, const Side& second) {
  const Measure measure = main_measure(after.mode);
  RaceChange row;
  row.label = after.label;
  row.model = after.model;
  row.track = after.track;
  row.mode = after.mode;
  row.threads = after.threads;
  row.before_ms = spread(before, measure)->median;
  row.after_ms = spread(after, measure)->median;
  const auto old_processes = processes_of(before, first.journal), new_processes = processes_of(after, second.journal);
  row.n_before = static_cast<std::int32_t>(old_processes.size());
  row.n_after = static_cast<std::int32_t>(new_processes.size());
  row.bridge =
      is_bridge(first.journal.plan.contestants[before.contestant], second.journal.plan.contestants[after.contestant]);
  BootstrapRules rules;
  rules.seed = kSeed;
  const RatioEstimate found = hierarchical_bootstrap_ratio(new_processes, old_processes, rules);
  const RatioFound ratio = found_of(found);
  row.ratio = ratio.ratio;
  row.interval = ratio.interval;
  return {std::move(row), {found, row.bridge}};
}

}  // namespace

Result<RaceChanges> compare_journals(const Journal& before, const Journal& after) {
  RaceChanges changes;
  KITE_TRY(check_machines(before.plan, after.plan, changes.warnings));
  KITE_TRY_ASSIGN(Analysis old_analysis, analyse(before));
  KITE_TRY_ASSIGN(Analysis new_analysis, analyse(after));
  const Side first{before, std::move(old_analysis)}, second{after, std::move(new_analysis)};
  changes.margin = std::max(before.plan.margin, after.plan.margin);
  for (const auto& [side, name] : {std::pair{&first, "first"}, {&second, "second"}}) {
    if (side->analysis.control.valid) continue;
    changes.warnings.push_back(fmt::format("of the {} race: {}", name, bias_sentence(side->analysis.control)));
  }
  std::vector<Change> judged;
  for (const auto& cell : second.analysis.cells) {
    if (cell.control || !spread(cell, main_measure(cell.mode))) continue;
    for (const auto& old : first.analysis.cells) {
      const bool same =
          old.id == cell.id && old.model == cell.model && old.mode == cell.mode && old.threads == cell.threads;
      if (!same || !spread(old, main_measure(old.mode))) continue;
      auto [row, change] = change_of(old, cell, first, second);
      changes.rows.push_back(std::move(row));
      judged.push_back(change);
    }
  }
  if (std::none_of(changes.rows.begin(), changes.rows.end(), [](const RaceChange& row) { return row.bridge; })) {
    return Error{ErrorCode::kInvalidInput,
                 "no contestant is in both races at the same versions and settings, so nothing tells a change of the "
                 "machine from a change of the contestants",
                 "comparison of two races", "race again with the other race's reference, at its version"};
  }
  const ChangesJudged found = judge_changes(judged, changes.margin);
  changes.margin = found.margin;
  changes.drift = found.drift;
  changes.slower = found.regressed;
  for (std::size_t i = 0; i < changes.rows.size(); ++i) changes.rows[i].verdict = found.verdicts[i];
  return changes;
}

}  // namespace kite::race
