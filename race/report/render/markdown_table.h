// SPDX-License-Identifier: Apache-2.0
// A Markdown table that grows row by row, and vanishes with its heading while it has none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kite::race {

class MarkdownTable {
 public:
  explicit MarkdownTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Followed by an empty line; `otherwise` where there are no rows.
  [[nodiscard]] std::string text(std::string_view otherwise) const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Text of others inside a line: no character of it starts markup or a new line.
[[nodiscard]] std::string markdown_safe(std::string_view text);

}  // namespace kite::race
