// SPDX-License-Identifier: Apache-2.0
// Pieces of rows that several sections write alike.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/analysis/text.h"
#include "race/report/plots/ratio.h"
#include "race/report/render/html/table.h"

namespace kite::race {

[[nodiscard]] inline const std::optional<Spread>& spread_of(const CellSummary& cell, Measure measure) {
  return cell.measures[static_cast<std::size_t>(measure)];
}

// Without a unit: the column's title has it.
[[nodiscard]] inline std::string number_of(const std::optional<double>& value) {
  return value ? digits(*value) : "n/a";
}
[[nodiscard]] inline std::string mib_of(double bytes) { return digits(bytes / (1024.0 * 1024.0)); }
[[nodiscard]] inline std::string told_mib(double bytes) { return bytes > 0 ? mib_of(bytes) : "n/a"; }
[[nodiscard]] inline std::string value_of(Measure measure, const std::optional<double>& value) {
  if (!value) return "n/a";
  return is_memory(measure) ? mib_of(*value) : digits(*value);
}
[[nodiscard]] inline std::string median_of_cell(const CellSummary& cell, Measure measure) {
  const auto& spread = spread_of(cell, measure);
  return spread ? value_of(measure, spread->median) : "n/a";
}

[[nodiscard]] inline std::string ratio_of(const std::optional<double>& ratio, const std::optional<Range>& interval) {
  return ratio_with_interval(ratio, interval ? std::optional(interval->low) : std::nullopt,
                             interval ? std::optional(interval->high) : std::nullopt);
}

[[nodiscard]] inline Cell verdict_cell(const Comparison& row) {
  return row.verdict.empty() ? Cell(not_ranked_text(row.why_not)) : Cell::markup(verdict_html(row.verdict));
}

// Where the same rows stand under one heading.
[[nodiscard]] inline std::string place_of(const CellSummary& cell) {
  return place_text(cell.model, cell.mode, cell.threads, cell.track);
}

// Numbers of the journal's cells that a comparison was made from.
[[nodiscard]] inline std::vector<std::int32_t> journal_cells(const Analysis& analysis, const Comparison& row) {
  std::vector<std::int32_t> found;
  for (const auto& cell : analysis.cells) {
    const bool same = cell.model == row.model && cell.mode == row.mode && cell.track == row.track &&
                      (cell.track == Track::kDefault || cell.threads == row.threads);
    if (same && (cell.contestant == row.contestant || cell.contestant == row.reference)) found.push_back(cell.cell);
  }
  return found;
}

}  // namespace kite::race
