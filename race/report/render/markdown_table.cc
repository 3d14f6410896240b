// SPDX-License-Identifier: Apache-2.0
// Writes Markdown tables.
#include "race/report/render/markdown_table.h"

namespace kite::race {

std::string markdown_safe(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else if (c == '|' || c == '<' || c == '`' || c == '*' || c == '[' || c == ']') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string MarkdownTable::text(std::string_view otherwise) const {
  if (rows_.empty()) return std::string(otherwise) + "\n\n";
  std::string out = "|";
  for (const auto& column : columns_) out += " " + column + " |";
  out += "\n|";
  for (std::size_t i = 0; i < columns_.size(); ++i) out += "---|";
  out += '\n';
  for (const auto& row : rows_) {
    out += '|';
    for (const auto& cell : row) out += " " + markdown_safe(cell) + " |";
    out += '\n';
  }
  return out + '\n';
}

}  // namespace kite::race
