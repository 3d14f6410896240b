// SPDX-License-Identifier: Apache-2.0
// What is known of each cell by itself, before it is compared with any other.
#pragma once

#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/estimates.h"

namespace kite::race {

// In the plan's order. kInvalidInput: a process or cell that speaks of what the plan does not have.
[[nodiscard]] Result<std::vector<CellSummary>> summarise_cells(const Journal& journal);

// Start to exit, one value for each round, in ms; ratios are of relative.h.
[[nodiscard]] ByRound wall_by_round(const CellSummary& cell, const Journal& journal);

// The samples that a process is judged by: after the first inference and its warm-up; numbers above 0 only.
[[nodiscard]] std::vector<double> steady_samples(const ProcessRecord& process, std::int32_t cut);

// What people read for each contestant; no two are the same.
[[nodiscard]] std::vector<std::string> contestant_labels(const PlanRecord& plan);

[[nodiscard]] inline const std::optional<Spread>& spread(const CellSummary& cell, Measure measure) {
  return cell.measures[static_cast<std::size_t>(measure)];
}

// "runtime", "loaded", ...: since exec, in ms.
[[nodiscard]] std::optional<double> phase_ms(const ProcessRecord& process, std::string_view name);

}  // namespace kite::race
