// SPDX-License-Identifier: Apache-2.0
// Writes blocks as plain lines.
#include "race/report/render/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "cli/page/escape.h"

namespace kite::race {
namespace {

// Text from a contestant must not control the terminal.
std::string plain(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

std::string line_of(const Text& text) {
  std::string out;
  for (const auto& span : text.spans) {
    switch (span.kind) {
      case Span::Kind::kBreak: out += ' '; break;
      case Span::Kind::kVerdict: out += fmt::format("{} {}", verdict_glyph(span.verdict), plain(span.text)); break;
      case Span::Kind::kNumber: out += fmt::format(" ({})", plain(span.text)); break;
      default: out += plain(span.text);
    }
  }
  return out;
}

using Lines = std::vector<std::vector<std::string>>;

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string room(width - std::min(width, code_points(text)), ' ');
  return right ? room + text : text + room;
}

std::string row_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                   const std::vector<Column>& columns) {
  std::string out = " ";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += " " + padded(cells[i], widths[i], columns[i].kind == Kind::kNumber) + " ";
  }
  while (out.ends_with(' ')) out.pop_back();
  return out + '\n';
}

std::string tall_row(const std::vector<std::string>& cells, const std::vector<std::string>& titles) {
  std::size_t width = 0;
  for (const auto& title : titles) width = std::max(width, code_points(title));
  std::string out = "  " + cells.front() + '\n';
  for (std::size_t i = 1; i < cells.size(); ++i) {
    out += fmt::format("    {}  {}\n", padded(titles[i], width, false), cells[i]);
  }
  return out;
}

std::string lines_of(const Table& table, std::size_t columns) {
  if (table.empty()) return table.nothing + "\n\n";
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) {
    titles.push_back(plain(column.title));
    widths.push_back(code_points(titles.back()));
  }
  std::vector<Lines> groups;
  for (const auto& group : table.groups) {
    groups.emplace_back();
    for (const auto& row : group.rows) {
      auto& cells = groups.back().emplace_back();
      for (std::size_t i = 0; i < row.cells.size(); ++i) {
        cells.push_back(line_of(row.cells[i]));
        widths[i] = std::max(widths[i], code_points(cells.back()));
      }
    }
  }
  std::size_t whole = 1;
  for (const std::size_t width : widths) whole += width + 2;
  const bool tall = whole > columns;
  std::string out;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].empty()) continue;
    if (!table.groups[g].title.empty()) out += plain(table.groups[g].title) + '\n';
    if (!tall) out += row_of(titles, widths, table.columns);
    for (const auto& cells : groups[g]) out += tall ? tall_row(cells, titles) : row_of(cells, widths, table.columns);
    out += '\n';
  }
  return out;
}

struct Writer {
  std::size_t columns;

  std::string operator()(const Paragraph& paragraph) const { return line_of(paragraph.text) + "\n\n"; }
  std::string operator()(const Heading& heading) const { return plain(heading.text) + '\n'; }
  std::string operator()(const Note& note) const {
    return fmt::format("{} {}\n\n", plain(note.title), line_of(note.text));
  }
  std::string operator()(const List& list) const {
    std::string out;
    for (const auto& item : list.items) {
      out += fmt::format("{} {}\n", item.verdict ? verdict_glyph(*item.verdict) : std::string_view("-"),
                         line_of(item.text));
    }
    return out.empty() ? out : out + '\n';
  }
  std::string operator()(const Definitions& definitions) const {
    std::string out;
    for (const auto& [name, what] : definitions.entries) out += fmt::format("{}: {}\n", plain(name), plain(what));
    return out + '\n';
  }
  std::string operator()(const Code& code) const { return code.text; }
  std::string operator()(const Table& table) const { return lines_of(table, columns); }
  std::string operator()(const Picture& picture) const { return lines_of(picture.table, columns); }
  std::string operator()(const Plot&) const { return ""; }
  std::string operator()(const Fold& fold) const {
    return fmt::format("({}: see the report)\n\n", plain(fold.summary));
  }
};

}  // namespace

std::string terminal_text(const Blocks& blocks, std::size_t columns) {
  std::string out;
  for (const auto& block : blocks) out += std::visit(Writer{columns}, block.content);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace kite::race
