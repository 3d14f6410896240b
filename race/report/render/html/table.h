// SPDX-License-Identifier: Apache-2.0
// An HTML table under construction: the first cell of a row names it, columns of numbers are set to the right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "race/report/plots/plot.h"

namespace kite::race {

enum class Kind : std::uint8_t { kText, kNumber };

struct Column {
  std::string title;  // with the unit of its numbers
  Kind kind = Kind::kText;
};

// A cell's content: text, or HTML that somebody else has escaped.
struct Cell {
  Cell(std::string_view text);    // NOLINT: escapes it
  Cell(const std::string& text);  // NOLINT
  Cell(const char* text);         // NOLINT
  [[nodiscard]] static Cell markup(std::string html);
  std::string html;
};

class HtmlTable {
 public:
  // `name` is what the table is called by those who do not see where it stands.
  HtmlTable(std::string name, std::vector<Column> columns);

  void group(std::string_view title);  // rows that follow stand under this heading; it may return
  // Cells of the journal that the row is made from become its data-cells.
  void row(const std::vector<Cell>& cells, const std::vector<std::int32_t>& journal_cells = {});

  [[nodiscard]] bool empty() const noexcept;
  // `nothing` stands there instead of a table without rows.
  [[nodiscard]] std::string html(std::string_view nothing) const;

 private:
  std::string name_;
  std::vector<Column> columns_;
  struct Group {
    std::string title, rows;
  };
  std::vector<Group> groups_ = {{}};  // in the order of their first mention
  std::size_t open_ = 0;
};

[[nodiscard]] std::string paragraph(std::string_view text, std::string_view css = {});
[[nodiscard]] std::string bullets(const std::vector<std::string>& lines, std::string_view nothing = {});
[[nodiscard]] std::string folded(std::string_view summary, std::string_view html);  // <details>

// The picture, its title and description, and its values as a table that unfolds.
[[nodiscard]] std::string figure(const Plot& plot);
// The first ones open, the rest folded under their titles.
[[nodiscard]] std::string figures(const std::vector<Plot>& plots, std::size_t open = 2);

// "◆ faster", with the class of the verdict.
[[nodiscard]] std::string verdict_html(std::string_view verdict);

}  // namespace kite::race
