// SPDX-License-Identifier: Apache-2.0
// A report as data: its content in order, without anything about its appearance. render/ prints it as HTML, as Markdown
// and on a terminal, so that each sentence and each table is written once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "race/report/plots/plot.h"
#include "race/stats/verdict.h"

namespace kite::race {

// A piece of a line. Its text may contain any character: the renderer escapes it.
struct Span {
  enum class Kind : std::uint8_t {
    kPlain,
    kStrong,
    kQuiet,    // less important text
    kCode,     // a name of a file or a command
    kVerdict,  // `text` is the word; `verdict` gives it its mark and colour
    kLink,     // to `target`: a file of the race's folder, or "#id" of this document
    kNumber,   // the number of a remark below the table
    kBreak,    // a new line
  };
  Kind kind = Kind::kPlain;
  std::string text, target;
  Verdict verdict = Verdict::kUndecided;
};

// A line of spans. A plain text is a line with one span.
struct Text {
  Text() = default;
  Text(std::string text) : spans{{Span::Kind::kPlain, std::move(text), {}}} {}  // NOLINT: text is a line of it
  Text(std::string_view text) : Text(std::string(text)) {}                      // NOLINT
  Text(const char* text) : Text(std::string(text)) {}                           // NOLINT
  Text(Span span) : spans{std::move(span)} {}                                   // NOLINT

  Text& operator+=(const Text& more);
  [[nodiscard]] bool empty() const noexcept { return spans.empty(); }

  std::vector<Span> spans;
};
[[nodiscard]] Text operator+(Text first, const Text& second);

[[nodiscard]] Text strong(std::string_view text);
[[nodiscard]] Text quiet(std::string_view text);
[[nodiscard]] Text code(std::string_view text);
[[nodiscard]] Text verdict_mark(std::string_view word, Verdict verdict);
[[nodiscard]] Text link(std::string_view target, std::string_view text);
[[nodiscard]] Text line_break();

enum class Kind : std::uint8_t { kText, kNumber };  // numbers are aligned to the right

struct Column {
  std::string title;  // with the unit
  Kind kind = Kind::kText;
};

struct TableRow {
  std::vector<Text> cells;                     // by column; the first one names the row
  std::vector<std::int32_t> cells_of_journal;  // the cells that it is made from
};

struct TableGroup {
  std::string title;  // "": no heading
  std::vector<TableRow> rows;
};

struct Table {
  // `name`: for readers who cannot see the heading above the table. `nothing`: the text that is shown if
  // it has no rows.
  Table(std::string name, std::vector<Column> columns, std::string nothing);

  void group(std::string_view title);  // the following rows are under this heading; the same heading may be used again
  void row(std::vector<Text> cells, std::vector<std::int32_t> cells_of_journal = {});
  [[nodiscard]] bool empty() const noexcept;

  std::string name;
  std::vector<Column> columns;
  std::string nothing;
  std::vector<TableGroup> groups;  // in the order of their first mention

 private:
  std::size_t open_ = 0;
};

struct Paragraph {
  Text text;
  bool nothing = false;  // it only says that something is missing
};

struct Heading {  // inside a section
  std::string id, text;
};

// A sentence that a reader must not miss.
struct Note {
  enum class Tone : std::uint8_t { kOpen, kBad };
  Tone tone = Tone::kOpen;
  std::string title;
  Text text;
};

struct List {
  struct Item {
    Text text;
    std::optional<Verdict> verdict;  // its mark is shown before the line; absent: a plain line
  };
  enum class Style : std::uint8_t { kBullets, kNumbers, kHeadlines };
  Style style = Style::kBullets;
  std::vector<Item> items;
};
[[nodiscard]] List bullets(const std::vector<std::string>& lines);

// A list of names with their values, or of claims with their reasons.
struct Definitions {
  std::vector<std::pair<std::string, std::string>> entries;
};

struct Code {
  std::string text;  // lines, as they are typed
};

// A plot with the same content as a table. A renderer without pictures prints the table and does not fold it.
struct Picture {
  Plot plot;
  Table table;
};

struct Block;

// Blocks that are hidden until the reader opens them.
struct Fold {
  std::string summary;
  std::vector<Block> blocks;
};

struct Block {
  std::variant<Paragraph, Heading, Note, List, Definitions, Code, Table, Plot, Picture, Fold> content;
};

using Blocks = std::vector<Block>;

template <typename T>
Blocks& operator<<(Blocks& blocks, T&& content) {
  blocks.push_back({std::forward<T>(content)});
  return blocks;
}

// The values of a plot, for readers who want numbers or cannot see pictures.
[[nodiscard]] Table values_of(const Plot& plot);

// The first plots are open; the others are folded under their titles.
void add_plots(Blocks& blocks, std::vector<Plot> plots, std::size_t open = 2);

struct Section {
  std::string id, title;
  Blocks blocks;
};

struct Document {
  std::string title;               // of a window
  std::string kicker, heading;     // above the heading; the heading
  std::vector<std::string> facts;  // date, size and versions, in small type under the heading
  Blocks front;                    // the first screen
  std::vector<Section> sections;
};

}  // namespace kite::race
