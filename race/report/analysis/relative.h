// SPDX-License-Identifier: Apache-2.0
// The values by which contestants are compared: for each replicate, the value relative to that of the reference near it
// in time. A replicate is a set of a heat, a round with the reference between its contestants, or a round
// of an older journal.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/cells.h"

namespace kite::race {

using ValueOf = std::function<std::optional<double>(const ProcessValues&)>;

// The key is the number of the round or set. The series of the reference itself is always 1, so the ratio of two series
// is the ratio of the two contestants. If no reference ran, the series holds the values themselves.
[[nodiscard]] ByRound relative_by_round(const CellSummary& cell, const std::vector<CellSummary>& cells, Measure measure,
                                        const Journal& journal);
// The same for any other value of a process.
[[nodiscard]] ByRound relative_by_round(const CellSummary& cell, const std::vector<CellSummary>& cells,
                                        const ValueOf& value, const Journal& journal);

// The reference on a cell's track: "x" is the reference of "y", "x@default" that of "y@default".
[[nodiscard]] bool is_reference(const CellSummary& cell, const PlanRecord& plan);
// Null: this workload has no reference.
[[nodiscard]] const CellSummary* find_reference(const CellSummary& cell, const std::vector<CellSummary>& cells,
                                                const PlanRecord& plan);
// The same model, mode, number of threads and track.
[[nodiscard]] bool same_workload(const CellSummary& a, const CellSummary& b);

}  // namespace kite::race
