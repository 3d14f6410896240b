// SPDX-License-Identifier: Apache-2.0
// Writes tables, lists and figures as HTML that is well-formed XML as well.
#include "race/report/render/html/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "race/report/plots/escape.h"

namespace kite::race {

Cell::Cell(std::string_view text) : html(escaped(text)) {}
Cell::Cell(const std::string& text) : html(escaped(text)) {}
Cell::Cell(const char* text) : html(escaped(text)) {}

Cell Cell::markup(std::string html) {
  Cell cell("");
  cell.html = std::move(html);
  return cell;
}

HtmlTable::HtmlTable(std::string name, std::vector<Column> columns)
    : name_(std::move(name)), columns_(std::move(columns)) {}

void HtmlTable::group(std::string_view title) {
  for (open_ = 0; open_ < groups_.size(); ++open_) {
    if (groups_[open_].title == title) return;
  }
  groups_.push_back({std::string(title), {}});
}

void HtmlTable::row(const std::vector<Cell>& cells, const std::vector<std::int32_t>& journal_cells) {
  std::string& rows = groups_[open_].rows;
  rows += journal_cells.empty() ? "<tr>" : fmt::format("<tr data-cells=\"{}\">", fmt::join(journal_cells, " "));
  for (std::size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
    const char* css = columns_[i].kind == Kind::kNumber ? " class=\"num\"" : "";
    rows += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", css, cells[i].html)
                   : fmt::format("<td{}>{}</td>", css, cells[i].html);
  }
  rows += "</tr>\n";
}

bool HtmlTable::empty() const noexcept {
  return std::all_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.rows.empty(); });
}

std::string HtmlTable::html(std::string_view nothing) const {
  if (empty()) return paragraph(nothing, "nothing");
  std::string head;
  for (const auto& column : columns_) {
    head += fmt::format("<th scope=\"col\"{}>{}</th>", column.kind == Kind::kNumber ? " class=\"num\"" : "",
                        escaped(column.title));
  }
  std::string body;
  for (const auto& group : groups_) {
    if (group.rows.empty()) continue;
    body += "<tbody>\n";
    if (!group.title.empty()) {
      body += fmt::format("<tr class=\"group\"><th colspan=\"{}\" scope=\"rowgroup\"><span>{}</span></th></tr>\n",
                          columns_.size(), escaped(group.title));
    }
    body += group.rows + "</tbody>\n";
  }
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" aria-label=\"{}\" tabindex=\"0\"><table>\n<thead><tr>{}</tr></thead>\n"
      "{}</table></div>\n",
      escaped(name_), head, body);
}

std::string paragraph(std::string_view text, std::string_view css) {
  if (css.empty()) return fmt::format("<p>{}</p>\n", escaped(text));
  return fmt::format("<p class=\"{}\">{}</p>\n", css, escaped(text));
}

std::string bullets(const std::vector<std::string>& lines, std::string_view nothing) {
  if (lines.empty()) return nothing.empty() ? "" : paragraph(nothing, "nothing");
  std::string out = "<ul>\n";
  for (const auto& line : lines) out += fmt::format("<li>{}</li>\n", escaped(line));
  return out + "</ul>\n";
}

std::string folded(std::string_view summary, std::string_view html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), html);
}

std::string figure(const Plot& plot) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < plot.table.columns.size(); ++i) {
    columns.push_back({plot.table.columns[i], plot.table.numeric[i] ? Kind::kNumber : Kind::kText});
  }
  HtmlTable table("Values: " + plot.words.title, std::move(columns));
  for (const auto& row : plot.table.rows) table.row({row.begin(), row.end()});
  return fmt::format(
      "<figure>\n<figcaption><b>{}</b> {}</figcaption>\n"
      "<div class=\"picture\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">{}</div>\n{}</figure>\n",
      escaped(plot.words.title), escaped(plot.words.description), escaped("Plot: " + plot.words.title), plot.svg,
      folded("Values of this plot", table.html("No values.")));
}

std::string figures(const std::vector<Plot>& plots, std::size_t open) {
  std::string out;
  for (std::size_t i = 0; i < plots.size(); ++i) {
    out += i < open ? figure(plots[i]) : folded(plots[i].words.title, figure(plots[i]));
  }
  return out;
}

std::string verdict_html(std::string_view verdict) {
  std::string_view glyph = "\xE2\x97\x8B";              // ring
  if (verdict == "faster") glyph = "\xE2\x97\x86";      // diamond
  if (verdict == "slower") glyph = "\xE2\x96\xB2";      // triangle
  if (verdict == "equivalent") glyph = "\xE2\x96\xA0";  // square
  return fmt::format("<span class=\"verdict {}\"><i aria-hidden=\"true\">{}</i> {}</span>", verdict_class(verdict),
                     glyph, escaped(verdict));
}

}  // namespace kite::race
