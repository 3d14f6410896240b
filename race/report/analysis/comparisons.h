// SPDX-License-Identifier: Apache-2.0
// Compares cells with cells: the control, every contestant with the reference, best variants with each other, and
// variants with the plain one.
#pragma once

#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/eligibility.h"
#include "race/report/analysis/relative.h"

namespace kite::race {

// What a comparison needs.
struct Field {
  const Journal& journal;
  const std::vector<CellSummary>& cells;
  const Eligibility& eligibility;
  const ControlResult& control;
};

[[nodiscard]] ControlResult judge_control(const Journal& journal, const std::vector<CellSummary>& cells);
[[nodiscard]] std::vector<Comparison> compare_with_reference(const Field& field);
[[nodiscard]] std::vector<Comparison> compare_best_variants(const Field& field);
// Compares each variant with the plain one, and each command line with the first one.
[[nodiscard]] std::vector<VariantRow> compare_variants(const Field& field);

// Two cells of one workload, the first divided by the second.
struct CellPair {
  const CellSummary* cell;
  const CellSummary* reference;
  Measure measure;
};
// Each pair is a comparison by itself: its interval is not widened for the others. The rows are in
// the order of `pairs`.
[[nodiscard]] std::vector<Comparison> compare_pairs(const Field& field, const std::vector<CellPair>& pairs,
                                                    double margin);

// The measures of a mode that get verdicts. CPU time and wall time of an isolated process depend on the number of
// samples that the pilot chose, so they say nothing about the contestant.
[[nodiscard]] std::vector<Measure> judged_measures(Mode mode);

// The control's row for a cell's workload; null: the reference did not run beside itself there.
[[nodiscard]] const ControlRow* control_of(const ControlResult& control, const CellSummary& cell, Measure measure);

}  // namespace kite::race
