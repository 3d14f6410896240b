// SPDX-License-Identifier: Apache-2.0
// One runtime from several languages, part by part: what differs there is the program around the runtime.
#include <algorithm>
#include <set>

#include "race/report/analysis/estimates.h"
#include "race/report/analysis/findings.h"

namespace kite::race {
namespace {

struct Part {
  const char* name;
  Mode mode;
};
constexpr std::array<Part, 5> kParts = {{{"whole", Mode::kOneshot},
                                         {"start", Mode::kNoPre},
                                         {"load", Mode::kNoPre},
                                         {"first", Mode::kNoPre},
                                         {"steady", Mode::kNoPre}}};

ByRound part_by_round(const CellSummary& cell, std::string_view part, const Journal& journal) {
  if (part == "whole") return by_round(cell, Measure::kWall, journal);
  if (part == "load") return by_round(cell, Measure::kLoad, journal);
  if (part == "first") return by_round(cell, Measure::kFirst, journal);
  if (part == "steady") return by_round(cell, Measure::kP50, journal);
  ByRound rounds;
  for (const auto& values : cell.processes) {
    const auto& process = journal.processes[values.process];
    const auto runtime = phase_ms(process, "runtime");
    if (values.counted && runtime) rounds[process.round] = *runtime;
  }
  return rounds;
}

std::optional<double> median_of_rounds(const ByRound& rounds) {
  if (rounds.empty()) return std::nullopt;
  std::vector<double> values;
  for (const auto& [round, value] : rounds) values.push_back(value);
  return median_of(values);
}

// Every version that both name is the same, and one of them at least is named by both.
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

// The measure whose control a part shares: the start has none of its own.
Measure control_measure(std::string_view part) {
  if (part == "whole") return Measure::kWall;
  if (part == "first") return Measure::kFirst;
  return part == "steady" ? Measure::kP50 : Measure::kLoad;
}

struct LanguagePair {
  LanguageRow row;  // without its numbers
  Family family;
};

LanguagePair pair_of(const Field& field, const CellSummary& cell, const CellSummary& other, const Part& part) {
  const auto& own = field.journal.plan.contestants[cell.contestant];
  const auto& theirs = field.journal.plan.contestants[other.contestant];
  const ByRound a = part_by_round(cell, part.name, field.journal), b = part_by_round(other, part.name, field.journal);
  LanguageRow row;
  row.runtime = own.runtime;
  row.model = cell.model;
  row.threads = cell.threads;
  row.part = part.name;
  row.label = cell.label;
  row.reference_label = other.label;
  row.language = own.language;
  row.reference_language = theirs.language;
  row.ms = median_of_rounds(a);
  row.reference_ms = median_of_rounds(b);
  row.same_version = same_versions(own, theirs);
  const ControlRow* control = control_of(field.control, cell, control_measure(part.name));
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
    for (const Part& part : kParts) {
      for (const auto& other : field.cells) {
        for (const auto& cell : field.cells) {
          const auto& own = contestants[cell.contestant];
          const auto& theirs = contestants[other.contestant];
          if (own.runtime != first.runtime || theirs.runtime != first.runtime || own.language == theirs.language)
            continue;
          if (cell.mode != part.mode || !same_place(cell, other)) continue;
          if (!takes_part(field, cell) || !takes_part(field, other)) continue;
          // Each pair once: the reference divides, else the one that the plan names first.
          const bool other_is_reference = theirs.id == field.journal.plan.reference;
          const bool cell_is_reference = own.id == field.journal.plan.reference;
          if (cell_is_reference || (!other_is_reference && other.contestant > cell.contestant)) continue;
          pairs.push_back(pair_of(field, cell, other, part));
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
