// SPDX-License-Identifier: Apache-2.0
// Puts lines and tables together.
#include "race/report/document/document.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kite::race {

Text& Text::operator+=(const Text& more) {
  spans.insert(spans.end(), more.spans.begin(), more.spans.end());
  return *this;
}

Text operator+(Text first, const Text& second) {
  first += second;
  return first;
}

Text strong(std::string_view text) { return Span{Span::Kind::kStrong, std::string(text), {}}; }
Text quiet(std::string_view text) { return Span{Span::Kind::kQuiet, std::string(text), {}}; }
Text code(std::string_view text) { return Span{Span::Kind::kCode, std::string(text), {}}; }
Text line_break() { return Span{Span::Kind::kBreak, {}, {}}; }

Text verdict_mark(std::string_view word, Verdict verdict) {
  return Span{Span::Kind::kVerdict, std::string(word), {}, verdict};
}

Text link(std::string_view target, std::string_view text) {
  return Span{Span::Kind::kLink, std::string(text), std::string(target)};
}

Table::Table(std::string table_name, std::vector<Column> table_columns, std::string otherwise)
    : name(std::move(table_name)), columns(std::move(table_columns)), nothing(std::move(otherwise)), groups(1) {}

void Table::group(std::string_view title) {
  for (open_ = 0; open_ < groups.size(); ++open_) {
    if (groups[open_].title == title) return;
  }
  groups.push_back({std::string(title), {}});
}

void Table::row(std::vector<Text> cells, std::vector<std::int32_t> cells_of_journal) {
  cells.resize(columns.size());
  groups[open_].rows.push_back({std::move(cells), std::move(cells_of_journal)});
}

bool Table::empty() const noexcept {
  return std::all_of(groups.begin(), groups.end(), [](const TableGroup& group) { return group.rows.empty(); });
}

List bullets(const std::vector<std::string>& lines) {
  List list;
  for (const auto& line : lines) list.items.push_back({line, {}});
  return list;
}

Table values_of(const Plot& plot) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < plot.table.columns.size(); ++i) {
    columns.push_back({plot.table.columns[i], plot.table.numeric[i] ? Kind::kNumber : Kind::kText});
  }
  Table table("Values: " + plot.words.title, std::move(columns), "No values.");
  for (const auto& row : plot.table.rows) table.row({row.begin(), row.end()});
  return table;
}

void add_plots(Blocks& blocks, std::vector<Plot> plots, std::size_t open) {
  for (std::size_t i = 0; i < plots.size(); ++i) {
    if (i < open) {
      blocks << std::move(plots[i]);
      continue;
    }
    Fold fold{plots[i].words.title, {}};
    fold.blocks << std::move(plots[i]);
    blocks << std::move(fold);
  }
}

}  // namespace kite::race
