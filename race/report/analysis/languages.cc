// SPDX-License-Identifier: Apache-2.0
// One runtime used from several languages, phase by phase: the differences come from the program around the runtime.
#include <algorithm>
#include <set>

#include "race/report/analysis/estimates.h"
#include "race/report/analysis/findings.h"

namespace kite::race {
namespace {

struct LanguagePhase {
  const char* name;
  Mode mode;
};
constexpr std::array<LanguagePhase, 5> kPhases = {{{"whole", Mode::kOneshot},
                                                   {"start", Mode::kNoPre},
                                                   {"load", Mode::kNoPre},
                                                   {"first", Mode::kNoPre},
                                                   {"steady", Mode::kNoPre}}};

ValueOf value_of_phase(std::string_view phase, const Journal& journal) {
  if (phase == "start") {
    return [&journal](const ProcessValues& values) { return phase_ms(journal.processes[values.process], "runtime"); };
  }
  const Measure measure = phase == "whole"   ? Measure::kWall
                          : phase == "load"  ? Measure::kLoad
                          : phase == "first" ? Measure::kFirst
                                             : Measure::kP50;
  return [measure](const ProcessValues& values) { return values.values[static_cast<std::size_t>(measure)]; };
}

ByRound phase_by_round(const CellSummary& cell, std::string_view phase, const Field& field) {
  if (phase == "steady") return relative_by_round(cell, field.cells, Measure::kP50, field.journal);
  return relative_by_round(cell, field.cells, value_of_phase(phase, field.journal), field.journal);
}

std::optional<double> median_of_phase(const CellSummary& cell, std::string_view phase, const Journal& journal) {
  const ValueOf value = value_of_phase(phase, journal);
  std::vector<double> values;
  for (const auto& process : cell.processes) {
    const auto found = process.counted ? value(process) : std::nullopt;
    if (found) values.push_back(*found);
  }
  if (values.empty()) return std::nullopt;
  return median_of(values);
}

// All versions that both report are the same, and both report at least one.
bool same_versions(const ContestantRecord& a, const ContestantRecord& b) {
  bool any = false;
  for (const auto& [name, version] : a.versions) {
    const auto found = b.versions.find(name);
    if (found == b.versions.end()) continue;
    if (found->second != version) return false;
    any = true;
  }
  return any;
}

bool takes_part(const Field& field, const CellSummary& cell) {
  return !cell.control && cell.variant.empty() && cell.track == Track::kMatched && field.eligibility.ranked(cell);
}

// The measure whose control is used for a phase: the start has no control of its own.
Measure control_measure(std::string_view phase) {
  if (phase == "whole") return Measure::kWall;
  if (phase == "first") return Measure::kFirst;
  return phase == "steady" ? Measure::kP50 : Measure::kLoad;
}

struct LanguagePair {
  LanguageRow row;  // without its numbers
  Family family;
};

LanguagePair pair_of(const Field& field, const CellSummary& cell, const CellSummary& other,
                     const LanguagePhase& phase) {
  const auto& own = field.journal.plan.contestants[cell.contestant];
  const auto& theirs = field.journal.plan.contestants[other.contestant];
  const ByRound a = phase_by_round(cell, phase.name, field), b = phase_by_round(other, phase.name, field);
  LanguageRow row;
  row.runtime = own.runtime;
  row.model = cell.model;
  row.threads = cell.threads;
  row.phase = phase.name;
  row.label = cell.label;
  row.reference_label = other.label;
  row.language = own.language;
  row.reference_language = theirs.language;
  row.ms = median_of_phase(cell, phase.name, field.journal);
  row.reference_ms = median_of_phase(other, phase.name, field.journal);
  row.same_version = same_versions(own, theirs);
  const ControlRow* control = control_of(field.control, cell, control_measure(phase.name));
  const bool biased = control != nullptr && control->biased;
  return {
      std::move(row),
      {b, biased ? std::vector<ByRound>{} : std::vector{a}, control != nullptr ? control->resolution : std::nullopt}};
}

}  // namespace

std::vector<LanguageRow> compare_languages(const Field& field) {
  const auto& contestants = field.journal.plan.contestants;
  std::vector<LanguagePair> pairs;
  std::set<std::string> done;
  for (const auto& first : contestants) {
    if (first.runtime.empty() || !done.insert(first.runtime).second) continue;
    for (const LanguagePhase& phase : kPhases) {
      for (const auto& other : field.cells) {
        for (const auto& cell : field.cells) {
          const auto& own = contestants[cell.contestant];
          const auto& theirs = contestants[other.contestant];
          if (own.runtime != first.runtime || theirs.runtime != first.runtime || own.language == theirs.language)
            continue;
          if (cell.mode != phase.mode || !same_workload(cell, other)) continue;
          if (!takes_part(field, cell) || !takes_part(field, other)) continue;
          // Each pair occurs once. The reference is the divisor, or else the contestant that the plan names first.
          const bool other_is_reference = theirs.id == field.journal.plan.reference;
          const bool cell_is_reference = own.id == field.journal.plan.reference;
          if (cell_is_reference || (!other_is_reference && other.contestant > cell.contestant)) continue;
          pairs.push_back(pair_of(field, cell, other, phase));
        }
      }
    }
  }
  std::vector<Family> families;
  for (auto& pair : pairs) families.push_back(std::move(pair.family));
  const auto found = compare_families(families, family_rules(field.journal.plan));
  std::vector<LanguageRow> rows;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    LanguageRow& row = rows.emplace_back(std::move(pairs[i].row));
    for (const PairedComparison& compared : found[i].contestants) {
      const RatioFound ratio = found_of(compared.estimate);
      row.ratio = ratio.ratio;
      row.interval = ratio.interval;
      row.n = ratio.n;
      if (ratio.ratio) row.verdict = compared.verdict;
    }
  }
  return rows;
}

}  // namespace kite::race
