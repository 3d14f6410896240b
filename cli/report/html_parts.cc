// SPDX-License-Identifier: Apache-2.0
// HTML that is well-formed XML as well.
#include "cli/report/html_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/page/base64.h"
#include "cli/page/escape.h"

namespace kite::cli {

namespace {

constexpr std::string_view kUnbroken = "\xC2\xA0";

std::string percent_of(double part) { return fmt::format("{:.2f}%", 100.0 * part); }

}  // namespace

std::string score_text(double score, ScoreKind kind) {
  if (!std::isfinite(score)) return "\xE2\x80\x93";
  return kind == ScoreKind::kRaw ? fmt::format("{:.4g}", score) : fmt::format("{:.2f}{}%", 100.0 * score, kUnbroken);
}

std::string score_text(const Prediction& prediction, ScoreKind kind) {
  return prediction.has_score ? score_text(static_cast<double>(prediction.score), kind) : "";
}

std::string label_text(const Prediction& prediction) {
  return prediction.label.empty() ? fmt::format("class {}", prediction.index) : prediction.label;
}

std::string milliseconds_text(double ms) {
  return ms < 10'000 ? fmt::format("{:.1f}{}ms", ms, kUnbroken) : fmt::format("{:.1f}{}s", ms * 1e-3, kUnbroken);
}

std::string digits(std::size_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string count_text(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", digits(count), count == 1 ? one : many);
}

std::string shown_name(const std::string& name) { return name == "-" ? "standard input" : name; }

std::string isolated(std::string_view text) { return fmt::format("<bdi>{}</bdi>", escaped(text)); }

std::string bar(double from, double to) {
  const bool is_number = std::isfinite(from) && std::isfinite(to);
  const double begin = is_number ? std::clamp(std::min(from, to), 0.0, 1.0) : 0.0;
  const double end = is_number ? std::clamp(std::max(from, to), 0.0, 1.0) : 0.0;
  return fmt::format(
      "<svg class=\"bar\" width=\"100%\" height=\"6\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" "
      "height=\"6\"/><rect class=\"fill\" x=\"{}\" width=\"{}\" height=\"6\"/></svg>",
      percent_of(begin), percent_of(end - begin));
}

std::string image_url(std::string_view type, std::string_view bytes) {
  return fmt::format("data:image/{};base64,{}", type, base64(bytes));
}

std::string banner(std::string_view tone, std::string_view title, std::string_view text) {
  return fmt::format("<div class=\"banner {}\"><b>{}</b> {}</div>\n", tone, escaped(title), escaped(text));
}

std::string paragraph(std::string_view text, std::string_view css) {
  return css.empty() ? fmt::format("<p>{}</p>\n", escaped(text))
                     : fmt::format("<p class=\"{}\">{}</p>\n", css, escaped(text));
}

std::string folded(std::string_view summary, std::string_view html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), html);
}

std::string definitions(const NamedValues& values) {
  std::string html = "<dl>\n";
  for (const auto& [name, value] : values)
    html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
  return html + "</dl>\n";
}

std::string table(std::string_view name, const std::vector<std::string>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string html = fmt::format(
      "<div class=\"scroll\" role=\"region\" aria-label=\"{}\" tabindex=\"0\"><table>\n<thead><tr>", escaped(name));
  for (const std::string& column : columns) html += fmt::format("<th scope=\"col\">{}</th>", escaped(column));
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      html += i == 0 ? fmt::format("<th scope=\"row\">{}</th>", escaped(row[i]))
                     : fmt::format("<td>{}</td>", escaped(row[i]));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string time_bar(const std::vector<TimeShare>& shares) {
  double total = 0.0;
  for (const TimeShare& share : shares) total += share.ms;
  std::string rects;
  std::string rows;
  double before = 0.0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double part = total > 0 ? shares[i].ms / total : 0.0;
    rects +=
        fmt::format("<rect class=\"part{}\" x=\"{}\" width=\"{}\" height=\"22\"><title>{}: {}</title></rect>", i,
                    percent_of(before), percent_of(part), escaped(shares[i].name), milliseconds_text(shares[i].ms));
    rows += fmt::format(
        "<tr><th scope=\"row\"><svg class=\"swatch\" width=\"10\" height=\"10\" aria-hidden=\"true\"><rect "
        "class=\"part{}\" "
        "width=\"10\" height=\"10\"/></svg>{}</th><td class=\"num\">{}</td><td class=\"num\">{:.1f}{}%</td></tr>\n",
        i, escaped(shares[i].name), milliseconds_text(shares[i].ms), 100.0 * part, kUnbroken);
    before += part;
  }
  return fmt::format(
      "<svg class=\"stack\" width=\"100%\" height=\"22\" aria-hidden=\"true\">{}</svg>\n<table "
      "class=\"times\">\n<thead><tr>"
      "<th scope=\"col\">step</th><th scope=\"col\" class=\"num\">time</th><th scope=\"col\" "
      "class=\"num\">share</th></tr>"
      "</thead>\n<tbody>\n{}<tr class=\"sum\"><th scope=\"row\">together</th><td class=\"num\">{}</td><td></td></tr>\n"
      "</tbody></table>\n",
      rects, rows, milliseconds_text(total));
}

PageSection decisions_section(const PageFacts& facts) {
  std::vector<std::vector<std::string>> rows;
  for (const Decision& decision : facts.decisions) {
    rows.push_back({decision.subject, decision.value, decision.source + (decision.is_guess ? " (a guess)" : "")});
  }
  std::string html = paragraph("What had to be known before the model could answer, and which source stated it.");
  html += table("Decisions", {"what", "value", "source"}, rows);
  if (!facts.conflicts.empty()) {
    html += "<h3>Sources that were not used</h3>\n<ul>\n";
    for (const std::string& conflict : facts.conflicts) html += fmt::format("<li>{}</li>\n", escaped(conflict));
    html += "</ul>\n";
  }
  html += folded("The preprocessing as a recipe, for --recipe or the model's .kite.json",
                 fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(facts.recipe_json)));
  return {"decisions", "Decisions", std::move(html)};
}

PageSection model_section(const PageFacts& facts) { return {"model", "The model", definitions(facts.model_values)}; }

std::string page_begin(const PageHeader& header, const std::vector<const PageSection*>& contents) {
  std::string html =
      "<a class=\"skip\" href=\"#main\">To the sections</a>\n<div class=\"page\">\n<header>\n"
      "<button type=\"button\" id=\"theme\" hidden=\"hidden\">Dark</button>\n<p class=\"kicker\">kite classify</p>\n";
  html += fmt::format("<h1>{}</h1>\n<p class=\"meta\">", escaped(header.title));
  for (std::size_t i = 0; i < header.facts.size(); ++i) {
    html += (i == 0 ? "" : " \xC2\xB7 ") + isolated(header.facts[i]);
  }
  html += "</p>\n" + header.html + "</header>\n<nav aria-label=\"Contents\">\n<b>Contents</b>\n<ol>\n";
  for (const PageSection* section : contents) {
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section->id, escaped(section->title));
  }
  return html + "</ol>\n</nav>\n<main id=\"main\">\n";
}

std::string section_begin(const PageSection& section) {
  return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n<h2 id=\"{0}-heading\">{1}</h2>\n{2}",
                     section.id, escaped(section.title), section.html);
}

}  // namespace kite::cli
