// SPDX-License-Identifier: Apache-2.0
// Writes blocks as HTML that is well-formed XML as well.
#include "race/report/render/html.h"

#include <fmt/format.h>

#include <variant>

#include "cli/page/escape.h"
#include "cli/page/html_frame.h"
#include "race/report/render/assets.h"

namespace kite::race {
namespace {

// A line must not break between a number and its "%".
std::string unbroken(std::string text) {
  for (std::size_t at = 1; (at = text.find(" %", at)) != std::string::npos; ++at) {
    if (text[at - 1] >= '0' && text[at - 1] <= '9') text.replace(at, 1, "\xC2\xA0");
  }
  return text;
}

std::string html_of(const Span& span) {
  const std::string text = unbroken(escaped(span.text));
  switch (span.kind) {
    case Span::Kind::kPlain: break;
    case Span::Kind::kStrong: return fmt::format("<b>{}</b>", text);
    case Span::Kind::kQuiet: return fmt::format("<span class=\"quiet\">{}</span>", text);
    case Span::Kind::kCode: return fmt::format("<code>{}</code>", escaped(span.text));
    case Span::Kind::kVerdict:
      return fmt::format("<span class=\"verdict {}\"><i aria-hidden=\"true\">{}</i> {}</span>",
                         verdict_class(span.verdict), verdict_glyph(span.verdict), text);
    case Span::Kind::kLink: return fmt::format("<a href=\"{}\">{}</a>", escaped(span.target), text);
    case Span::Kind::kNumber: return fmt::format("<sup>{}</sup>", text);
    case Span::Kind::kBreak: return "<br/>";
  }
  return text;
}

std::string html_of(const Text& text) {
  std::string out;
  for (const auto& span : text.spans) out += html_of(span);
  return out;
}

const char* css_of(const Column& column) { return column.kind == Kind::kNumber ? " class=\"num\"" : ""; }

std::string html_of(const TableRow& row, const std::vector<Column>& columns) {
  std::string out = row.cells_of_journal.empty()
                        ? "<tr>"
                        : fmt::format("<tr data-cells=\"{}\">", fmt::join(row.cells_of_journal, " "));
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string cell = html_of(row.cells[i]);
    out += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", css_of(columns[i]), cell)
                  : fmt::format("<td{}>{}</td>", css_of(columns[i]), cell);
  }
  return out + "</tr>\n";
}

std::string html_of(const Paragraph& paragraph) {
  return fmt::format("<p{}>{}</p>\n", paragraph.nothing ? " class=\"nothing\"" : "", html_of(paragraph.text));
}

std::string html_of(const Heading& heading) {
  return fmt::format("<h3 id=\"{}\">{}</h3>\n", escaped(heading.id), escaped(heading.text));
}

std::string html_of(const Note& note) {
  const bool bad = note.tone == Note::Tone::kBad;
  return fmt::format("<div class=\"banner {}\"{}><b>{}</b> {}</div>\n", bad ? "bad" : "open",
                     bad ? " role=\"alert\"" : "", escaped(note.title), html_of(note.text));
}

std::string html_of(const List& list) {
  if (list.items.empty()) return "";
  const bool numbers = list.style == List::Style::kNumbers, headlines = list.style == List::Style::kHeadlines;
  std::string out = numbers ? "<ol class=\"reasons\">\n" : headlines ? "<ul class=\"headline\">\n" : "<ul>\n";
  for (const auto& item : list.items) {
    out += item.verdict ? fmt::format("<li class=\"{}\">", verdict_class(*item.verdict)) : "<li>";
    out += html_of(item.text) + "</li>\n";
  }
  return out + (numbers ? "</ol>\n" : "</ul>\n");
}

std::string html_of(const Definitions& definitions) {
  std::string out = "<dl>\n";
  for (const auto& [name, what] : definitions.entries) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(what));
  }
  return out + "</dl>\n";
}

std::string html_of(const Code& code) {
  return fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(code.text));
}

std::string html_of(const Table& table) {
  if (table.empty()) return html_of(Paragraph{table.nothing, true});
  std::string head;
  for (const auto& column : table.columns) {
    head += fmt::format("<th scope=\"col\"{}>{}</th>", css_of(column), escaped(column.title));
  }
  std::string body;
  for (const auto& group : table.groups) {
    if (group.rows.empty()) continue;
    body += "<tbody>\n";
    if (!group.title.empty()) {
      body += fmt::format("<tr class=\"group\"><th colspan=\"{}\" scope=\"rowgroup\"><span>{}</span></th></tr>\n",
                          table.columns.size(), escaped(group.title));
    }
    for (const auto& row : group.rows) body += html_of(row, table.columns);
    body += "</tbody>\n";
  }
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" aria-label=\"{}\" tabindex=\"0\"><table>\n<thead><tr>{}</tr></thead>\n"
      "{}</table></div>\n",
      escaped(table.name), head, body);
}

std::string folded(std::string_view summary, std::string_view html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), html);
}

std::string picture_of(const std::string& svg, std::string_view title, std::string_view css) {
  return fmt::format("<div class=\"{}\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">{}</div>\n", css,
                     escaped(fmt::format("Plot: {}", title)), svg);
}

std::string figure(const Plot& plot, const Table& values) {
  const std::string& title = plot.words.title;
  const bool one = plot.narrow_svg.empty();
  return fmt::format("<figure>\n<figcaption><b>{}</b> {}</figcaption>\n{}{}{}</figure>\n", escaped(title),
                     escaped(plot.words.description), picture_of(plot.svg, title, one ? "picture" : "picture wide"),
                     one ? "" : picture_of(plot.narrow_svg, title, "picture narrow"),
                     folded("Values of this plot", html_of(values)));
}

std::string html_of(const Plot& plot) { return figure(plot, values_of(plot)); }
std::string html_of(const Picture& picture) { return figure(picture.plot, picture.table); }

std::string html_of(const Blocks& blocks);

std::string html_of(const Fold& fold) { return folded(fold.summary, html_of(fold.blocks)); }

std::string html_of(const Blocks& blocks) {
  std::string out;
  for (const auto& block : blocks)
    out += std::visit([](const auto& content) { return html_of(content); }, block.content);
  return out;
}

std::string header_of(const Document& document) {
  std::string out = "<header>\n<button type=\"button\" id=\"theme\" hidden=\"hidden\">Dark</button>\n";
  if (!document.kicker.empty()) out += fmt::format("<p class=\"kicker\">{}</p>\n", escaped(document.kicker));
  out += fmt::format("<h1>{}</h1>\n", escaped(document.heading));
  if (!document.facts.empty()) {
    out +=
        fmt::format("<p class=\"meta\">{}</p>\n", escaped(fmt::format("{}", fmt::join(document.facts, " \xC2\xB7 "))));
  }
  return out + html_of(document.front) + "</header>\n";
}

std::string contents_of(const std::vector<Section>& sections) {
  std::string out = "<nav aria-label=\"Contents\">\n<b>Contents</b>\n<ol>\n";
  for (const auto& section : sections) {
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", escaped(section.id), escaped(section.title));
  }
  return out + "</ol>\n</nav>\n";
}

}  // namespace

std::string html_page(const Document& document) {
  std::string body = "<a class=\"skip\" href=\"#main\">To the sections</a>\n<div class=\"page\">\n";
  body += header_of(document) + contents_of(document.sections) + "<main id=\"main\">\n";
  for (const auto& section : document.sections) {
    body += fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n<h2 id=\"{0}-heading\">{1}</h2>\n{2}</section>\n",
        escaped(section.id), escaped(section.title), html_of(section.blocks));
  }
  return html_document(document.title, body + "</main>\n</div>\n", page_assets());
}

}  // namespace kite::race
