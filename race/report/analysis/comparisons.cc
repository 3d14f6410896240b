// SPDX-License-Identifier: Apache-2.0
// Chooses the pairs of cells that are compared, and calls race/stats once for all of them.
#include "race/report/analysis/comparisons.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "race/report/analysis/estimates.h"
#include "race/report/analysis/relative.h"
#include "race/report/analysis/text.h"
#include "race/stats/compare.h"
#include "race/stats/control.h"

namespace kite::race {
namespace {

// Cells with the same workload can be compared.
using Workload = std::tuple<std::string, Track, Mode, std::int32_t>;

Workload workload_of(const CellSummary& cell) { return {cell.model, cell.track, cell.mode, cell.threads}; }

// Fills everything except the numbers; `why_not` if there will be no numbers.
Comparison described(const Field& field, const CellPair& asked) {
  const CellSummary &cell = *asked.cell, &reference = *asked.reference;
  Comparison row;
  row.model = cell.model;
  row.track = cell.track;
  row.mode = cell.mode;
  row.measure = asked.measure;
  row.threads = cell.threads;
  row.contestant = cell.contestant;
  row.reference = reference.contestant;
  row.peer = cell.peer;
  row.variant = cell.variant;
  row.reference_peer = reference.peer;
  row.reference_variant = reference.variant;
  row.label = cell.label;
  row.reference_label = reference.label;
  const auto& own = spread(cell, asked.measure);
  const auto& theirs = spread(reference, asked.measure);
  if (own) row.value = own->median;
  if (theirs) row.reference_value = theirs->median;
  row.answered = field.eligibility.answered(cell);
  row.by_answer = cell.mode == Mode::kOneshot && field.journal.plan.contestants[cell.contestant].peer.empty();
  const ControlRow* control = control_of(field.control, cell, asked.measure);
  if (control != nullptr) row.resolution = control->resolution;
  const std::string& reason = field.eligibility.reason(cell);
  const std::string& reference_reason = field.eligibility.reason(reference);
  if (!reason.empty()) {
    row.why_not = "not ranked: " + reason;
  } else if (!reference_reason.empty()) {
    row.why_not = "not ranked, the reference is not: " + reference_reason;
  } else if (control != nullptr && control->biased) {
    row.why_not = "not ranked: " + control->reason;
  }
  return row;
}

void fill(Comparison& row, const PairedComparison& compared) {
  const RatioFound found = found_of(compared.estimate);
  row.n = found.n;
  row.ratio = found.ratio;
  row.interval = found.interval;
  row.p = compared.p;
  row.p_adjusted = compared.p_holm;
  if (!found.ratio) {
    row.why_not = !row.value             ? "it was not measured"
                  : !row.reference_value ? "the reference's was not measured"
                                         : "no round has both";
    return;
  }
  row.ranked = true;
  row.verdict = compared.verdict;
  if (!found.interval) {
    row.why_not = fmt::format("{} cannot give an interval of {}", plural(found.n, "round"),
                              percent_text(compared.estimate.confidence));
  } else if (compared.verdict == Verdict::kUndecided &&
             verdict_of(compared.estimate.interval, row.margin, 0) == Verdict::kEquivalent) {
    row.why_not = row.resolution
                      ? fmt::format("differences below {} cannot be seen here", percent_text(*row.resolution))
                      : "the reference did not run beside itself here, so nothing is called equivalent";
  }
}

enum class Families : std::uint8_t {
  kByWorkload,  // all contestants of a workload answer one question: which is the best?
  kOneByOne,    // each comparison is a question by itself: does this variant help?
};

std::vector<Comparison> compared(const Field& field, const std::vector<CellPair>& all_asked, Families families,
                                 double margin) {
  struct Seat {
    std::size_t row, family, contestant;
  };
  std::vector<Comparison> rows;
  std::vector<Family> all;
  std::vector<Seat> seats;
  std::map<std::tuple<Workload, Measure>, std::size_t> family_of;
  for (const CellPair& asked : all_asked) {
    rows.push_back(described(field, asked));
    rows.back().margin = margin;
    if (!rows.back().why_not.empty()) continue;
    std::size_t family = all.size();
    if (families == Families::kByWorkload) {
      family = family_of.try_emplace({workload_of(*asked.cell), asked.measure}, all.size()).first->second;
    }
    if (family == all.size()) {
      all.push_back(
          {relative_by_round(*asked.reference, field.cells, asked.measure, field.journal), {}, rows.back().resolution});
    }
    seats.push_back({rows.size() - 1, family, all[family].contestants.size()});
    all[family].contestants.push_back(relative_by_round(*asked.cell, field.cells, asked.measure, field.journal));
  }
  FamilyRules rules = family_rules(field.journal.plan);
  rules.margin = margin;
  const auto found = compare_families(all, rules);
  for (const Seat& seat : seats) fill(rows[seat.row], found[seat.family].contestants[seat.contestant]);
  return rows;
}

// Finds what a cell is compared with: a variant with the plain variant of its peer, a command line with the first
// command line. It is not known whether two command lines are builds of one program; if they are not, these rows are
// merely not needed.
class PlainVariants {
 public:
  explicit PlainVariants(const Field& field) : field_(field) {
    for (const auto& contestant : field.journal.plan.contestants) {
      if (is_command(contestant) && first_command_.empty()) first_command_ = contestant.id;
    }
  }

  // Null: the cell is the plain variant itself, or there is no plain variant. Also null for a command line if the first
  // one is the reference, since every table has that pair already.
  [[nodiscard]] const CellSummary* plain_variant_of(const CellSummary& cell) const {
    if (cell.control) return nullptr;
    const bool command = is_command(field_.journal.plan.contestants[cell.contestant]);
    if (command ? cell.id == first_command_ || is_reference_id(first_command_) : cell.variant.empty()) return nullptr;
    for (const auto& plain : field_.cells) {
      if (plain.control || !same_workload(cell, plain)) continue;
      if (command ? plain.id == first_command_ : plain.peer == cell.peer && plain.variant.empty()) return &plain;
    }
    return nullptr;
  }

 private:
  static bool is_command(const ContestantRecord& contestant) {
    return contestant.peer.empty() && contestant.ready && !contestant.control;
  }
  [[nodiscard]] bool is_reference_id(const std::string& id) const { return id == field_.journal.plan.reference; }

  const Field& field_;
  std::string first_command_;
};

// Why a workload has no resolution, or is biased.
std::string reason_of(const ControlRow& row) {
  if (!row.ratio) return "no round has both";
  if (!row.interval) return plural(row.n, "round") + " cannot give an interval";
  if (!row.biased) return "";
  return fmt::format("the reference differs from itself here ({}, 95 % {}), and again in each half of the rounds",
                     ratio_text(*row.ratio), range_text(*row.interval));
}

}  // namespace

std::vector<Measure> judged_measures(Mode mode) {
  if (mode == Mode::kOneshot) {
    return {Measure::kWall, Measure::kLabel, Measure::kUser, Measure::kSystem, Measure::kPeakRss, Measure::kPeakAnon};
  }
  return {Measure::kP50, Measure::kFirst, Measure::kLoad, Measure::kPeakRss, Measure::kPeakAnon};
}

const ControlRow* control_of(const ControlResult& control, const CellSummary& cell, Measure measure) {
  for (const auto& row : control.rows) {
    if (row.model == cell.model && row.track == cell.track && row.mode == cell.mode && row.threads == cell.threads &&
        row.measure == measure) {
      return &row;
    }
  }
  return nullptr;
}

ControlResult judge_control(const Journal& journal, const std::vector<CellSummary>& cells) {
  ControlResult result;
  std::vector<ControlPair> pairs;
  for (const auto& control : cells) {
    if (!control.control) continue;
    for (const auto& reference : cells) {
      if (!same_workload(control, reference) || !is_reference(reference, journal.plan)) continue;
      for (const Measure measure : judged_measures(control.mode)) {
        if (measure != main_measure(control.mode) && (!spread(control, measure) || !spread(reference, measure)))
          continue;
        result.rows.push_back(
            {control.model, control.track, control.mode, measure, control.threads, {}, {}, {}, 0, false, ""});
        pairs.push_back({relative_by_round(control, cells, measure, journal),
                         relative_by_round(reference, cells, measure, journal)});
      }
    }
  }
  const auto found = judge_controls(pairs, {.sign_flip = kSignFlips});
  for (std::size_t i = 0; i < found.size(); ++i) {
    ControlRow& row = result.rows[i];
    const RatioFound ratio = found_of(found[i].estimate);
    row.n = ratio.n;
    row.ratio = ratio.ratio;
    row.interval = ratio.interval;
    row.resolution = found[i].resolution;
    row.biased = found[i].biased;
    row.reason = reason_of(row);
    result.valid = result.valid && !row.biased;
  }
  return result;
}

std::vector<Comparison> compare_with_reference(const Field& field) {
  std::vector<CellPair> asked;
  for (const auto& cell : field.cells) {
    const CellSummary* reference = find_reference(cell, field.cells, field.journal.plan);
    if (cell.control || is_reference(cell, field.journal.plan) || reference == nullptr) continue;
    for (const Measure measure : judged_measures(cell.mode)) {
      const bool measured = spread(cell, measure) || spread(*reference, measure);
      if (measured || measure == main_measure(cell.mode)) asked.push_back({&cell, reference, measure});
    }
  }
  return compared(field, asked, Families::kByWorkload, field.journal.plan.margin);
}

std::vector<Comparison> compare_best_variants(const Field& field) {
  // For each workload, the variant of each peer with the lowest median.
  std::map<Workload, std::map<std::string, const CellSummary*>> best;
  std::map<Workload, bool> has_variants;
  for (const auto& cell : field.cells) {
    if (cell.control || !field.eligibility.ranked(cell)) continue;
    const Measure measure = main_measure(cell.mode);
    if (!spread(cell, measure)) continue;
    auto& variant = best[workload_of(cell)][cell.peer];
    if (variant == nullptr || spread(cell, measure)->median < spread(*variant, measure)->median) variant = &cell;
    if (!cell.variant.empty()) has_variants[workload_of(cell)] = true;
  }
  std::string reference_peer;
  for (const auto& contestant : field.journal.plan.contestants) {
    if (contestant.id == field.journal.plan.reference) reference_peer = contestant.peer;
  }
  std::vector<CellPair> asked;
  for (const auto& cell : field.cells) {
    const auto workload = best.find(workload_of(cell));
    if (workload == best.end() || !has_variants[workload->first] || cell.peer == reference_peer) continue;
    const auto own = workload->second.find(cell.peer), theirs = workload->second.find(reference_peer);
    if (own == workload->second.end() || own->second != &cell || theirs == workload->second.end()) continue;
    asked.push_back({&cell, theirs->second, main_measure(cell.mode)});
  }
  return compared(field, asked, Families::kByWorkload, field.journal.plan.margin);
}

std::vector<VariantRow> compare_variants(const Field& field) {
  const PlainVariants variants(field);
  std::vector<CellPair> asked;
  for (const auto& cell : field.cells) {
    const CellSummary* plain = variants.plain_variant_of(cell);
    if (plain == nullptr) continue;
    const auto measures = cell.mode == Mode::kOneshot ? std::vector{Measure::kWall}
                                                      : std::vector{Measure::kLoad, Measure::kFirst, Measure::kP50};
    for (const Measure measure : measures) asked.push_back({&cell, plain, measure});
  }
  std::vector<VariantRow> rows;
  for (auto& row : compare_pairs(field, asked, field.journal.plan.margin)) rows.push_back({std::move(row)});
  return rows;
}

std::vector<Comparison> compare_pairs(const Field& field, const std::vector<CellPair>& pairs, double margin) {
  return compared(field, pairs, Families::kOneByOne, margin);
}

}  // namespace kite::race
