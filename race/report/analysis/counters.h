// SPDX-License-Identifier: Apache-2.0
// The rows of `perf stat` for a cell: from perf's events if the machine has them; otherwise from what the kernel
// reports for any process; otherwise the reason.
#pragma once

#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// The first rows are always the same, in perf's order; other counters follow.
[[nodiscard]] std::vector<CounterSummary> summarise_counters(const CellSummary& cell, const Journal& journal);

}  // namespace kite::race
