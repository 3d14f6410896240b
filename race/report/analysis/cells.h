// SPDX-License-Identifier: Apache-2.0
// What is known about each cell by itself, before it is compared with another one.
#pragma once

#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/estimates.h"

namespace kite::race {

// The cells in the plan's order. kInvalidInput: a process or cell names something that the plan does not have.
[[nodiscard]] Result<std::vector<CellSummary>> summarise_cells(const Journal& journal);

// Start to exit in ms, one value for each round. Ratios are made in relative.h.
[[nodiscard]] ByRound wall_by_round(const CellSummary& cell, const Journal& journal);

// The samples by which a process is judged: those after the first inference and the warm-up, if they are above 0.
[[nodiscard]] std::vector<double> steady_samples(const ProcessRecord& process, std::int32_t cut);

// The name of each contestant in the report; all names are different.
[[nodiscard]] std::vector<std::string> contestant_labels(const PlanRecord& plan);

[[nodiscard]] inline const std::optional<Spread>& spread(const CellSummary& cell, Measure measure) {
  return cell.measures[static_cast<std::size_t>(measure)];
}

// "runtime", "loaded", ...: since exec, in ms.
[[nodiscard]] std::optional<double> phase_ms(const ProcessRecord& process, std::string_view name);

}  // namespace kite::race
