// SPDX-License-Identifier: Apache-2.0
// The first screen: whether the race is valid and complete, and what it found.
#include <fmt/format.h>

#include "race/report/analysis/text.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {
namespace {

constexpr std::size_t kMostHeadlines = 8;  // as many as fit on a screen; the rest unfolds

Note validity(const Analysis& analysis) {
  if (!analysis.control.valid) {
    return {Note::Tone::kBad, "This race is not valid.",
            analysis.control.reason + ". Nothing below may be quoted as a result."};
  }
  if (!analysis.control.floor) return {Note::Tone::kOpen, "No noise floor.", analysis.control.reason};
  return {Note::Tone::kGood, "Valid race.",
          fmt::format("The reference, run twice under two names, differs from itself by {} at most: smaller "
                      "differences than that are noise here.",
                      percent_text(*analysis.control.floor))};
}

}  // namespace

Blocks front_blocks(const Analysis& analysis) {
  Blocks blocks;
  blocks << validity(analysis);
  if (!analysis.coverage.complete) blocks << Note{Note::Tone::kOpen, "Not complete.", analysis.coverage.state};
  List first{List::Style::kHeadlines, {}}, rest{List::Style::kHeadlines, {}};
  std::size_t judged = 0;
  for (const auto& line : analysis.headline) {
    const bool open = line.verdict.empty() || judged++ < kMostHeadlines;
    (open ? first : rest).items.push_back({line.text, line.verdict});
  }
  if (!first.items.empty()) blocks << std::move(first);
  if (!rest.items.empty()) {
    Fold fold{plural(static_cast<std::int64_t>(judged - kMostHeadlines), "more finding") +
                  ", all of them in the table of verdicts",
              {}};
    fold.blocks << std::move(rest);
    blocks << std::move(fold);
  }
  if (!analysis.study.empty()) blocks << Paragraph{quiet(analysis.study)};
  return blocks;
}

}  // namespace kite::race
