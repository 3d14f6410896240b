// SPDX-License-Identifier: Apache-2.0
// Writes pieces of rows.
#include "race/report/document/rows.h"

#include <fmt/format.h>

#include "race/report/analysis/cells.h"
#include "race/report/analysis/text.h"
#include "race/report/plots/ratio.h"

namespace kite::race {

std::string number_text(const std::optional<double>& value) { return value ? digits(*value) : "n/a"; }

std::string mib_number(double bytes) { return bytes > 0 ? digits(bytes / kBytesPerMib) : "n/a"; }

std::string value_number(Measure measure, const std::optional<double>& value) {
  if (!value) return "n/a";
  return digits(is_memory(measure) ? *value / kBytesPerMib : *value);
}

std::string median_number(const CellSummary& cell, Measure measure) {
  const auto& found = spread(cell, measure);
  return found ? value_number(measure, found->median) : "n/a";
}

std::string range_number(const Spread& spread) { return digits(spread.min) + ".." + digits(spread.max); }

std::string ratio_number(const std::optional<double>& ratio, const std::optional<Range>& interval) {
  return ratio_with_interval(ratio, interval ? std::optional(interval->low) : std::nullopt,
                             interval ? std::optional(interval->high) : std::nullopt);
}

Text verdict_text(const Comparison& row) {
  if (!row.verdict) return not_ranked_text(row.why_not);
  return verdict_mark(verdict_word(row.measure, *row.verdict), *row.verdict);
}

std::string workload_of(const CellSummary& cell) {
  return workload_text(cell.model, cell.mode, cell.threads, cell.track);
}
std::string workload_of(const Comparison& row) { return workload_text(row.model, row.mode, row.threads, row.track); }

std::vector<std::int32_t> journal_cells(const Analysis& analysis, const Comparison& row) {
  std::vector<std::int32_t> found;
  for (const auto& cell : analysis.cells) {
    const bool same = cell.model == row.model && cell.mode == row.mode && cell.track == row.track &&
                      (cell.track == Track::kDefault || cell.threads == row.threads);
    if (same && (cell.contestant == row.contestant || cell.contestant == row.reference)) found.push_back(cell.cell);
  }
  return found;
}

}  // namespace kite::race
