// SPDX-License-Identifier: Apache-2.0
// The sections of an analysis that are neither verdicts nor text: languages, launchers, threads, drift, coverage,
// commands.
#pragma once

#include <vector>

#include "race/report/analysis/comparisons.h"

namespace kite::race {

[[nodiscard]] std::vector<LanguageRow> compare_languages(const Field& field);
[[nodiscard]] std::vector<LauncherRow> launcher_costs(const Field& field);
[[nodiscard]] std::vector<ScalingRow> thread_scaling(const std::vector<CellSummary>& cells);
[[nodiscard]] Drift drift_of(const Journal& journal, const std::vector<CellSummary>& cells);
[[nodiscard]] Coverage coverage_of(const Journal& journal, const std::vector<CellSummary>& cells);
[[nodiscard]] std::vector<CommandRow> commands_of(const std::vector<CellSummary>& cells);

}  // namespace kite::race
