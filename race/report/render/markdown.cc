// SPDX-License-Identifier: Apache-2.0
// Writes blocks as Markdown, as GitHub reads it.
#include "race/report/render/markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <variant>

#include "cli/page/escape.h"

namespace kite::race {
namespace {

// The target of a link to a file beside the report. Characters that could end the link or begin another
// are written as numbers.
std::string target_of(std::string_view target) {
  std::string out;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string_view("/_.#-").find(c) != std::string_view::npos;
    out += plain && byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string code_of(std::string text) {
  for (char& c : text) {
    if (c == '`') c = '\'';
    if (c == '\n' || c == '\r' || c == '|') c = ' ';
  }
  return text.empty() ? text : "`" + text + "`";
}

std::string markdown_of(const Span& span) {
  const std::string text = markdown_safe(span.text);
  switch (span.kind) {
    case Span::Kind::kStrong: return "**" + text + "**";
    case Span::Kind::kCode: return code_of(span.text);
    case Span::Kind::kVerdict: return fmt::format("{} {}", verdict_glyph(span.verdict), text);
    case Span::Kind::kLink: return fmt::format("[{}]({})", text, target_of(span.target));
    case Span::Kind::kNumber: return fmt::format(" ({})", text);
    case Span::Kind::kBreak: return "<br>";
    case Span::Kind::kPlain:
    case Span::Kind::kQuiet: break;
  }
  return text;
}

std::string markdown_of(const Text& text) {
  std::string out;
  for (const auto& span : text.spans) out += markdown_of(span);
  return out;
}

std::string markdown_of(const Paragraph& paragraph) { return markdown_of(paragraph.text) + "\n\n"; }

std::string markdown_of(const Heading& heading) { return "### " + markdown_safe(heading.text) + "\n\n"; }

std::string markdown_of(const Note& note) {
  return fmt::format("**{}** {}\n\n", markdown_safe(note.title), markdown_of(note.text));
}

std::string markdown_of(const List& list) {
  std::string out;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const auto& item = list.items[i];
    out += list.style == List::Style::kNumbers ? fmt::format("{}. ", i + 1) : "- ";
    if (item.verdict) out += fmt::format("{} ", verdict_glyph(*item.verdict));
    out += markdown_of(item.text) + '\n';
  }
  return out.empty() ? out : out + '\n';
}

std::string markdown_of(const Definitions& definitions) {
  std::string out;
  for (const auto& [name, what] : definitions.entries) {
    out += fmt::format("- {}: {}\n", markdown_safe(name), markdown_safe(what));
  }
  return out + '\n';
}

std::string markdown_of(const Code& code) {
  std::string text = code.text;
  for (std::size_t at = 0; (at = text.find("```", at)) != std::string::npos;) text.replace(at, 3, "'''");
  return "```\n" + text + "```\n\n";
}

// Markdown has no groups of rows: their headings become a first column.
std::string markdown_of(const Table& table) {
  if (table.empty()) return markdown_of(Paragraph{table.nothing, true});
  const bool grouped = std::any_of(table.groups.begin(), table.groups.end(),
                                   [](const TableGroup& group) { return !group.title.empty(); });
  std::string out = grouped ? "| where |" : "|";
  std::string rule = grouped ? "|---|" : "|";
  for (const auto& column : table.columns) {
    out += " " + markdown_safe(column.title) + " |";
    rule += column.kind == Kind::kNumber ? "---:|" : "---|";
  }
  out += '\n' + rule + '\n';
  for (const auto& group : table.groups) {
    for (const auto& row : group.rows) {
      out += grouped ? "| " + markdown_safe(group.title) + " |" : "|";
      for (const auto& cell : row.cells) out += " " + markdown_of(cell) + " |";
      out += '\n';
    }
  }
  return out + '\n';
}

std::string folded(std::string_view summary, const std::string& text) {
  return fmt::format("<details><summary>{}</summary>\n\n{}</details>\n\n", escaped(summary), text);
}

std::string markdown_of(const Plot& plot) {
  return folded(plot.words.title, markdown_safe(plot.words.description) + "\n\n" + markdown_of(values_of(plot)));
}

std::string markdown_of(const Picture& picture) { return markdown_of(picture.table); }

std::string markdown_of(const Fold& fold) {
  // A plot is folded already.
  if (fold.blocks.size() == 1 && std::holds_alternative<Plot>(fold.blocks[0].content)) return markdown(fold.blocks);
  return folded(fold.summary, markdown(fold.blocks));
}

}  // namespace

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

std::string markdown(const Blocks& blocks) {
  std::string out;
  for (const auto& block : blocks) {
    out += std::visit([](const auto& content) { return markdown_of(content); }, block.content);
  }
  return out;
}

std::string markdown(const Document& document) {
  std::string out = "# " + markdown_safe(document.heading) + "\n\n";
  std::vector<std::string> facts = document.facts;
  if (!document.kicker.empty()) facts.insert(facts.begin(), document.kicker);
  if (!facts.empty()) out += markdown_safe(fmt::format("{}", fmt::join(facts, " \xC2\xB7 "))) + "\n\n";
  out += markdown(document.front);
  for (const auto& section : document.sections) {
    out += "## " + markdown_safe(section.title) + "\n\n" + markdown(section.blocks);
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace kite::race
