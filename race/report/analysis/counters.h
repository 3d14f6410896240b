// SPDX-License-Identifier: Apache-2.0
// The rows of `perf stat` for a cell: from perf's events where the machine has them, else from what the kernel tells of
// any process, else the reason.
#pragma once

#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Always the same first rows, in perf's order; then whatever else was counted.
[[nodiscard]] std::vector<CounterSummary> summarise_counters(const CellSummary& cell, const Journal& journal);

}  // namespace kite::race
