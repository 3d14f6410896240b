// SPDX-License-Identifier: Apache-2.0
// What contestants are compared by: each replicate's value relative to the reference near it in time. A replicate is a
// set of a heat, a round with the reference between its contestants, or a round of an older journal.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/cells.h"

namespace kite::race {

using ValueOf = std::function<std::optional<double>(const ProcessValues&)>;

// By the number of the round or set. The reference's own series is 1 in each of them, so the ratio of two series by
// number is the ratio of the two contestants. Where nothing ran as the reference, the values themselves.
[[nodiscard]] ByRound relative_by_round(const CellSummary& cell, const std::vector<CellSummary>& cells, Measure measure,
                                        const Journal& journal);
// The same of any other value of a process.
[[nodiscard]] ByRound relative_by_round(const CellSummary& cell, const std::vector<CellSummary>& cells,
                                        const ValueOf& value, const Journal& journal);

// The reference on a cell's track: "x" is the reference of "y", "x@default" that of "y@default".
[[nodiscard]] bool is_reference(const CellSummary& cell, const PlanRecord& plan);
// Null: there is none in this model, mode, number of threads and track.
[[nodiscard]] const CellSummary* find_reference(const CellSummary& cell, const std::vector<CellSummary>& cells,
                                                const PlanRecord& plan);
// The same model, mode, number of threads and track.
[[nodiscard]] bool same_place(const CellSummary& a, const CellSummary& b);

}  // namespace kite::race
