// SPDX-License-Identifier: Apache-2.0
// Pieces of rows that several sections share. Numbers have no unit: it is in the title of the column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/document/document.h"

namespace kite::race {

inline constexpr const char* kNothingMeasured = "Nothing was measured for this table.";

[[nodiscard]] std::string number_text(const std::optional<double>& value);  // "12.3", "n/a"
[[nodiscard]] std::string mib_number(double bytes);                         // "n/a" for 0, which means not known
[[nodiscard]] std::string value_number(Measure measure, const std::optional<double>& value);
[[nodiscard]] std::string median_number(const CellSummary& cell, Measure measure);
[[nodiscard]] std::string range_number(const Spread& spread);  // "11.9..12.8"

// "0.52x (0.50..0.54)"
[[nodiscard]] std::string ratio_number(const std::optional<double>& ratio, const std::optional<Range>& interval);

// The verdict with its mark (for memory "smaller" and "larger"), or why there is no verdict.
[[nodiscard]] Text verdict_text(const Comparison& row);

// The workload of a row, which is the heading of the rows of that workload.
[[nodiscard]] std::string workload_of(const CellSummary& cell);
[[nodiscard]] std::string workload_of(const Comparison& row);

// The numbers of the journal's cells from which a comparison was made.
[[nodiscard]] std::vector<std::int32_t> journal_cells(const Analysis& analysis, const Comparison& row);

}  // namespace kite::race
