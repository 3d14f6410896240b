// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/table.h"

#include <algorithm>

namespace kite::cli {

namespace {

// Bytes that begin a character of UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
  if (rows.empty()) return {};
  std::vector<bool> right;
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> cells = rows;
  for (std::string& header : cells[0]) {
    right.push_back(header.starts_with('>'));
    if (right.back()) header.erase(0, 1);
    widths.push_back(0);
  }
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : cells) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (right[i] ? padding + row[i] : row[i] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace kite::cli
