// SPDX-License-Identifier: Apache-2.0
// Cells against cells: the control, every contestant against the reference, best form against best form, variants.
#pragma once

#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/eligibility.h"
#include "race/report/analysis/relative.h"

namespace kite::race {

// What a comparison looks at.
struct Field {
  const Journal& journal;
  const std::vector<CellSummary>& cells;
  const Eligibility& eligibility;
  const ControlResult& control;
};

[[nodiscard]] ControlResult judge_control(const Journal& journal, const std::vector<CellSummary>& cells);
[[nodiscard]] std::vector<Comparison> compare_with_reference(const Field& field);
[[nodiscard]] std::vector<Comparison> compare_best_forms(const Field& field);
// Each variant against its plain form, and each command line against the first one.
[[nodiscard]] std::vector<VariantRow> compare_variants(const Field& field);

// Two cells of one place, the first divided by the second.
struct CellPair {
  const CellSummary* cell;
  const CellSummary* reference;
  Measure measure;
};
// Each pair is a question of its own; rows as in `pairs`.
[[nodiscard]] std::vector<Comparison> compare_pairs(const Field& field, const std::vector<CellPair>& pairs,
                                                    double margin);

// The measures that a mode has verdicts for. CPU and wall time of an isolated process grow with the number of samples
// that the pilot chose for it, so they say nothing of it.
[[nodiscard]] std::vector<Measure> judged_measures(Mode mode);

// What the control says of a cell's place; null where the reference did not run beside itself there.
[[nodiscard]] const ControlRow* control_of(const ControlResult& control, const CellSummary& cell, Measure measure);

}  // namespace kite::race
