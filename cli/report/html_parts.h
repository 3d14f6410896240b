// SPDX-License-Identifier: Apache-2.0
// The pieces of which both forms of the page are made. Parameters are text, which is escaped here, unless a comment
// says HTML. The page's policy allows no style attributes, so lengths are attributes of SVG.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/report/page_facts.h"
#include "paperkite/picture_views.h"

namespace kite::cli {

// 0.98765 -> "98.77 %" with a space that does not break; the number itself for ScoreKind::kRaw; a dash where it is
// none.
[[nodiscard]] std::string score_text(double score, ScoreKind kind);
[[nodiscard]] std::string score_text(const Prediction& prediction, ScoreKind kind);
[[nodiscard]] std::string label_text(const Prediction& prediction);  // "class 17" where the model has no labels
[[nodiscard]] std::string milliseconds_text(double ms);
[[nodiscard]] std::string digits(std::size_t count);                                                   // "12,345"
[[nodiscard]] std::string count_text(std::size_t count, std::string_view one, std::string_view many);  // "1 picture"
[[nodiscard]] std::string shown_name(const std::string& name);  // "standard input" for "-"

// Text of a file whose direction, where it is written from the right, does not reach what stands beside it.
[[nodiscard]] std::string isolated(std::string_view text);

// A filled part of a line, from and to as parts of its length; nothing is filled where they are no numbers.
[[nodiscard]] std::string bar(double from, double to);
[[nodiscard]] std::string image_url(std::string_view type, std::string_view bytes);

[[nodiscard]] std::string banner(std::string_view tone, std::string_view title, std::string_view text);  // bad, open
[[nodiscard]] std::string paragraph(std::string_view text, std::string_view css = "");
// `html`: HTML.
[[nodiscard]] std::string folded(std::string_view summary, std::string_view html);
[[nodiscard]] std::string definitions(const NamedValues& values);
// Cells are text.
[[nodiscard]] std::string table(std::string_view name, const std::vector<std::string>& columns,
                                const std::vector<std::vector<std::string>>& rows);

// A stacked bar of times with its numbers below.
struct TimeShare {
  std::string name;
  double ms = 0.0;
};
[[nodiscard]] std::string time_bar(const std::vector<TimeShare>& shares);

struct PageSection {
  std::string id;
  std::string title;
  std::string html;
};
[[nodiscard]] PageSection decisions_section(const PageFacts& facts);
[[nodiscard]] PageSection model_section(const PageFacts& facts);

struct PageHeader {
  std::string title;
  std::vector<std::string> facts;
  std::string html;  // HTML: notes
};
// The header, the contents, and the beginning of the sections; sections_end() after the last one.
[[nodiscard]] std::string page_begin(const PageHeader& header, const std::vector<const PageSection*>& contents);
[[nodiscard]] std::string section_begin(const PageSection& section);
inline constexpr std::string_view kSectionEnd = "</section>\n";
inline constexpr std::string_view kPageEnd = "</main>\n</div>\n";

}  // namespace kite::cli
