// SPDX-License-Identifier: Apache-2.0
// Pairs the processes of a round and asks race/stats.
#include "race/report/analysis/comparisons.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "race/report/analysis/estimates.h"
#include "race/report/analysis/text.h"
#include "race/stats/holm.h"
#include "race/stats/verdict.h"

namespace kite::race {
namespace {

constexpr double kConfidence = 0.95;

using Place = std::tuple<std::string, Track, Mode, std::int32_t>;

Place place_of(const CellSummary& cell) { return {cell.model, cell.track, cell.mode, cell.threads}; }

double confidence_of(std::size_t k) { return bonferroni_confidence(kConfidence, static_cast<std::int64_t>(k)); }

Comparison compare(const Field& field, const CellSummary& cell, const CellSummary& reference, Measure measure,
                   double confidence) {
  Comparison row;
  row.model = cell.model;
  row.track = cell.track;
  row.mode = cell.mode;
  row.measure = measure;
  row.threads = cell.threads;
  row.contestant = cell.contestant;
  row.reference = reference.contestant;
  row.peer = cell.peer;
  row.variant = cell.variant;
  row.reference_peer = reference.peer;
  row.reference_variant = reference.variant;
  row.label = cell.label;
  row.reference_label = reference.label;
  row.margin = margin_at(field.control, cell, measure, field.journal.plan.margin);
  const auto& own = spread(cell, measure);
  const auto& theirs = spread(reference, measure);
  if (own) row.value = own->median;
  if (theirs) row.reference_value = theirs->median;
  row.answered = field.eligibility.answered(cell);
  const std::string& reason = field.eligibility.reason(cell);
  const std::string& reference_reason = field.eligibility.reason(reference);
  if (!reason.empty() || !reference_reason.empty()) {
    row.why_not = !reason.empty() ? "not ranked: " + reason : "not ranked, the reference is not: " + reference_reason;
    return row;
  }
  const PairedFound found =
      paired_ratio(by_round(cell, measure, field.journal), by_round(reference, measure, field.journal), confidence);
  row.n = found.n;
  row.ratio = found.ratio;
  row.interval = found.interval;
  row.p = found.p;
  if (!found.ratio) {
    row.why_not = !own ? "it was not measured" : !theirs ? "the reference's was not measured" : "no round has both";
    return row;
  }
  row.ranked = true;
  row.verdict = verdict_of(found.interval, row.margin);
  if (!found.interval) {
    row.why_not = fmt::format("{} cannot give an interval of {}", plural(found.n, "round"), percent_text(confidence));
  }
  return row;
}

void adjust(std::vector<Comparison>& rows, const std::vector<std::size_t>& family) {
  std::vector<std::optional<double>> p;
  for (const std::size_t i : family) p.push_back(rows[i].p);
  const auto adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < family.size(); ++i) rows[family[i]].p_adjusted = adjusted[i];
}

// The reference on a cell's track: "x" is the reference of "y", "x@default" that of "y@default".
bool is_reference(const CellSummary& cell, const PlanRecord& plan) {
  return !cell.control && (cell.id == plan.reference || cell.id == plan.reference + "@default");
}

const CellSummary* find_reference(const Field& field, const CellSummary& cell) {
  for (const auto& other : field.cells) {
    if (same_place(cell, other) && is_reference(other, field.journal.plan)) return &other;
  }
  return nullptr;
}

// A/A in two halves, each at 90 %: the second is the re-run that must say the same before a race is thrown away.
bool differs_again(const ByRound& control, const ByRound& reference) {
  std::array<ByRound, 2> controls, references;
  std::size_t i = 0;
  for (const auto& [round, value] : control) {
    const auto found = reference.find(round);
    if (found == reference.end()) continue;
    controls[i % 2][round] = value;
    references[i % 2][round] = found->second;
    ++i;
  }
  int above = 0, below = 0;
  for (std::size_t half = 0; half < 2; ++half) {
    const auto found = paired_ratio(controls[half], references[half], 0.9);
    above += found.interval && found.interval->low > 1;
    below += found.interval && found.interval->high < 1;
  }
  return above == 2 || below == 2;
}

ControlRow control_row(const Journal& journal, const CellSummary& control, const CellSummary& reference,
                       Measure measure) {
  ControlRow row{control.model, control.track, control.mode, measure, control.threads, {}, {}, {}, 0, true, ""};
  const ByRound own = by_round(control, measure, journal), theirs = by_round(reference, measure, journal);
  const PairedFound found = paired_ratio(own, theirs, kConfidence);
  row.n = found.n;
  row.ratio = found.ratio;
  row.interval = found.interval;
  if (!found.ratio) {
    row.reason = "no round has both";
    return row;
  }
  row.floor = std::fabs(*found.ratio - 1);
  const bool excludes = found.interval && (found.interval->low > 1 || found.interval->high < 1);
  if (*row.floor > kLargestFloor) {
    row.sound = false;
    row.reason = fmt::format("the reference differs from itself by {}, more than {}", percent_text(*row.floor),
                             percent_text(kLargestFloor));
  } else if (excludes && differs_again(own, theirs)) {
    row.sound = false;
    row.reason = "its interval excludes 1, in each half of the rounds again";
  }
  return row;
}

}  // namespace

bool same_place(const CellSummary& a, const CellSummary& b) { return place_of(a) == place_of(b); }

std::vector<Measure> judged_measures(Mode mode) {
  if (mode == Mode::kOneshot) {
    return {Measure::kWall, Measure::kLabel, Measure::kUser, Measure::kSystem, Measure::kPeakRss, Measure::kPeakAnon};
  }
  return {Measure::kP50, Measure::kFirst, Measure::kLoad, Measure::kPeakRss, Measure::kPeakAnon};
}

double margin_at(const ControlResult& control, const CellSummary& cell, Measure measure, double asked) {
  std::optional<double> floor = is_memory(measure) ? std::nullopt : control.floor;
  for (const auto& row : control.rows) {
    const bool here = row.model == cell.model && row.track == cell.track && row.mode == cell.mode &&
                      row.threads == cell.threads && row.measure == measure;
    if (here && row.floor) floor = row.floor;
  }
  return margin_above_floor(asked, floor);
}

ControlResult judge_control(const Journal& journal, const std::vector<CellSummary>& cells) {
  ControlResult result;
  for (const auto& control : cells) {
    if (!control.control) continue;
    for (const auto& reference : cells) {
      if (!same_place(control, reference) || !is_reference(reference, journal.plan)) continue;
      for (const Measure measure : judged_measures(control.mode)) {
        auto row = control_row(journal, control, reference, measure);
        if (!row.ratio && measure != main_measure(control.mode)) continue;
        if (row.floor && measure == main_measure(control.mode))
          result.floor = std::max(result.floor.value_or(0), *row.floor);
        result.rows.push_back(std::move(row));
      }
    }
  }
  if (!result.floor) {
    result.valid = false;
    result.reason = "the reference did not run beside itself, so the noise of this race is unknown";
  }
  for (const auto& row : result.rows) {
    if (row.sound || row.measure != main_measure(row.mode) || !result.valid) continue;
    result.valid = false;
    result.reason = fmt::format("{} ({})", row.reason, place_text(row.model, row.mode, row.threads, row.track));
  }
  for (const auto& note : journal.notes) {
    if (note.kind != NoteKind::kUnranked || !result.valid) continue;
    result.valid = false;
    result.reason = note.text;
  }
  return result;
}

std::vector<Comparison> compare_with_reference(const Field& field) {
  std::map<Place, std::size_t> contestants;
  const auto races = [&](const CellSummary& cell) {
    return !cell.control && !is_reference(cell, field.journal.plan) && find_reference(field, cell) != nullptr;
  };
  for (const auto& cell : field.cells) {
    if (races(cell) && field.eligibility.ranked(cell)) ++contestants[place_of(cell)];
  }
  std::vector<Comparison> rows;
  std::map<std::tuple<Place, Measure>, std::vector<std::size_t>> families;
  for (const auto& cell : field.cells) {
    if (!races(cell)) continue;
    for (const Measure measure : judged_measures(cell.mode)) {
      auto row =
          compare(field, cell, *find_reference(field, cell), measure, confidence_of(contestants[place_of(cell)]));
      if (!row.value && !row.reference_value && measure != main_measure(cell.mode)) continue;
      families[{place_of(cell), measure}].push_back(rows.size());
      rows.push_back(std::move(row));
    }
  }
  for (const auto& [key, family] : families) adjust(rows, family);
  return rows;
}

std::vector<Comparison> compare_best_forms(const Field& field) {
  // The form of each peer with the lowest median, at each place.
  std::map<Place, std::map<std::string, const CellSummary*>> best;
  std::map<Place, bool> has_forms;
  for (const auto& cell : field.cells) {
    if (cell.control || !field.eligibility.ranked(cell)) continue;
    const Measure measure = main_measure(cell.mode);
    if (!spread(cell, measure)) continue;
    auto& place = best[place_of(cell)][cell.peer];
    if (place == nullptr || spread(cell, measure)->median < spread(*place, measure)->median) place = &cell;
    if (!cell.variant.empty()) has_forms[place_of(cell)] = true;
  }
  std::string reference_peer;
  for (const auto& contestant : field.journal.plan.contestants) {
    if (contestant.id == field.journal.plan.reference) reference_peer = contestant.peer;
  }
  std::vector<Comparison> rows;
  std::map<Place, std::vector<std::size_t>> families;
  for (const auto& cell : field.cells) {
    const auto place = best.find(place_of(cell));
    if (place == best.end() || !has_forms[place->first] || cell.peer == reference_peer) continue;
    const auto own = place->second.find(cell.peer), theirs = place->second.find(reference_peer);
    if (own == place->second.end() || own->second != &cell || theirs == place->second.end()) continue;
    families[place->first].push_back(rows.size());
    rows.push_back(
        compare(field, cell, *theirs->second, main_measure(cell.mode), confidence_of(place->second.size() - 1)));
  }
  for (const auto& [place, family] : families) adjust(rows, family);
  return rows;
}

std::vector<VariantRow> compare_variants(const Field& field) {
  std::vector<VariantRow> rows;
  for (const auto& cell : field.cells) {
    if (cell.variant.empty() || cell.control) continue;
    for (const auto& plain : field.cells) {
      if (plain.peer != cell.peer || !plain.variant.empty() || plain.control || !same_place(cell, plain)) continue;
      const auto measures = cell.mode == Mode::kOneshot ? std::vector{Measure::kWall}
                                                        : std::vector{Measure::kLoad, Measure::kFirst, Measure::kP50};
      for (const Measure measure : measures) rows.push_back({compare(field, cell, plain, measure, kConfidence)});
    }
  }
  return rows;
}

}  // namespace kite::race
