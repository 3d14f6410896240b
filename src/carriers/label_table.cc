// SPDX-License-Identifier: Apache-2.0
// Labels from CSV: finds the column of class indices and the column of names.
#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"
#include "base/printable.h"
#include "carriers/labels.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kMaxColumns = 64;
constexpr std::size_t kMaxCells = std::size_t{1} << 22;  // of 32 bytes and more
// Titles of the column with the names, the most reliable first.
constexpr std::array<std::string_view, 11> kNameTitles{"display_name", "label_name", "class_name", "classname",
                                                       "name",         "names",      "label",      "labels",
                                                       "class",        "classes",    "category"};
constexpr std::array<std::string_view, 8> kIndexTitles{"index",    "id",     "idx",     "class_id",
                                                       "label_id", "number", "classid", "class_index"};

std::string title_of(std::string_view cell) {
  std::string title = lower_case(cell);
  std::ranges::replace(title, ' ', '_');
  return title;
}

// The separator is the one of three characters that occurs most often in the first line.
char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  char best = ',';
  for (const char c : {';', '\t'}) {
    if (std::count(line.begin(), line.end(), c) > std::count(line.begin(), line.end(), best)) best = c;
  }
  return best;
}

// RFC 4180: a quoted field may hold separators, line ends and doubled quotes. Blank lines are no rows.
Result<std::vector<Row>> rows_of(std::string_view text) {
  const char separator = separator_of(text);
  std::vector<Row> rows;
  Row row;
  std::string cell;
  bool is_quoted = false;  // the cell had quotes, so its blanks are kept
  bool inside = false;     // the position is between two quotes
  std::size_t cells = 0;
  const auto end_cell = [&] {
    ++cells;
    if (!is_quoted) cell = std::string(trimmed(cell));
    row.push_back(std::move(cell));
    cell.clear();
    is_quoted = false;
  };
  const auto end_row = [&] {
    end_cell();
    if (row.size() > 1 || !row.front().empty()) rows.push_back(std::move(row));
    row.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      const bool doubled = c == '"' && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled) ++i;
      if (c == '"' && !doubled) {
        inside = false;
      } else {
        cell += c;
      }
    } else if (c == '"' && cell.find_first_not_of(" \t") == std::string::npos && !is_quoted) {
      cell.clear();
      inside = is_quoted = true;
    } else if (c == separator) {
      if (row.size() == kMaxColumns) return Error{ErrorCode::kLimit, "more than 64 columns", "", ""};
      if (cells == kMaxCells) return Error{ErrorCode::kLimit, "too many cells", "", ""};
      end_cell();
    } else if (c == '\n') {
      if (static_cast<std::int64_t>(rows.size()) > kMaxLabels) return Error{ErrorCode::kLimit, "too many rows", "", ""};
      end_row();
    } else if (!(c == '\r' && is_quoted)) {
      cell += c;
    }
  }
  if (inside) return bad_labels("a quote that is never closed");
  if (!cell.empty() || !row.empty()) end_row();
  return rows;
}

std::optional<std::size_t> column_titled(const Row& header, std::span<const std::string_view> titles) {
  for (const std::string_view title : titles) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (title_of(header[i]) == title) return i;
    }
  }
  return std::nullopt;
}

Labels column(const std::vector<Row>& rows, std::size_t which) {
  Labels cells;
  for (const Row& row : rows) cells.push_back(row[which]);
  return cells;
}

// The numbers of a column; nullopt unless they are 0..n-1 in any order.
std::optional<std::vector<std::int64_t>> counted(const Labels& cells) {
  std::vector<std::int64_t> indices;
  for (const std::string& cell : cells) {
    const auto index = class_index(cell);
    if (!index) return std::nullopt;
    indices.push_back(*index);
  }
  if (!in_index_order(indices, cells)) return std::nullopt;
  return indices;
}

struct Table {
  Row header;  // empty when there is no header
  std::vector<Row> rows;
};

Result<Table> table_of(std::string_view text, std::int64_t classes) {
  Table table;
  KITE_TRY_ASSIGN(table.rows, rows_of(text));
  if (table.rows.empty()) return bad_labels("there are no labels");
  const std::size_t columns = table.rows.front().size();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].size() != columns) {
      return bad_labels(
          "a row of " + std::to_string(table.rows[i].size()) + " fields where the first has " + std::to_string(columns),
          "row " + std::to_string(i + 1), "quote names that hold the separator");
    }
  }
  const Row& first = table.rows.front();
  const bool titled = column_titled(first, kNameTitles).has_value();
  const auto rows = static_cast<std::int64_t>(table.rows.size());
  // "name" may itself be a class: it is one when the model has one class more than the rows below it.
  if (titled && rows != classes) {
    table.header = first;
    table.rows.erase(table.rows.begin());
    if (table.rows.empty()) return bad_labels("there are no labels");
  }
  return table;
}

// The column of indices: the one with such a title, or the only one that holds 0..n-1.
Result<std::optional<std::size_t>> index_column(const Table& table, std::size_t columns) {
  const auto titled = column_titled(table.header, kIndexTitles);
  if (titled) {
    if (counted(column(table.rows, *titled))) return titled;
    return bad_labels("the column " + in_quotes(table.header[*titled]) + " does not hold the class indices from 0 on",
                      "", "number them 0 to " + std::to_string(table.rows.size() - 1));
  }
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < columns && columns > 1; ++i) {
    if (!counted(column(table.rows, i))) continue;
    if (found)
      return bad_labels("more than one column holds class indices from 0 on", "",
                        "keep one index and one label column");
    found = i;
  }
  return found;
}

Result<std::size_t> name_column(const Table& table, std::size_t columns, std::optional<std::size_t> indices) {
  Row header = table.header;
  if (indices && !header.empty()) header[*indices].clear();
  if (const auto titled = column_titled(header, kNameTitles)) return *titled;
  if (columns == 1) return std::size_t{0};
  if (columns == 2 && indices) return 1 - *indices;
  return bad_labels("it is not stated which of the " + std::to_string(columns) + " columns holds the labels", "",
                    "give the file a header with \"index\" and \"label\"");
}

}  // namespace

Result<ReadLabels> labels_from_table(std::string_view text, std::int64_t classes) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  KITE_TRY_ASSIGN(const Table table, table_of(text, classes));
  const std::size_t columns = table.rows.front().size();
  KITE_TRY_ASSIGN(const std::optional<std::size_t> indices, index_column(table, columns));
  KITE_TRY_ASSIGN(const std::size_t names, name_column(table, columns, indices));
  ReadLabels read{column(table.rows, names), ""};
  if (indices) read.names = *in_index_order(*counted(column(table.rows, *indices)), read.names);
  KITE_TRY(validate(read.names));
  return read;
}

}  // namespace kite
