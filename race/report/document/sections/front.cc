// SPDX-License-Identifier: Apache-2.0
// The first screen: the picture of all contestants, one sentence for each, and the notes that a reader must not miss.
#include <fmt/format.h>

#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"
#include "race/report/document/report.h"
#include "race/report/document/standings.h"

namespace kite::race {
namespace {

constexpr std::size_t kMostSentences = 8;  // as many as fit on a screen; the rest is folded

}  // namespace

Blocks front_blocks(const Analysis& analysis) {
  Blocks blocks;
  if (!analysis.control.valid) {
    blocks << Note{Note::Tone::kBad, "Biased workloads.", bias_sentence(analysis.control) + "."};
  }
  if (!analysis.coverage.complete) blocks << Note{Note::Tone::kOpen, "Not complete.", analysis.coverage.state};
  std::int32_t left_out = 0;
  for (const auto& standings : analysis.standings) left_out = std::max(left_out, standings.left_out);
  if (!analysis.standings.empty()) blocks << standings_picture(analysis);
  if (left_out > 0) {
    blocks << Paragraph{
        quiet(fmt::format("{} that another variant of the same contestant beats in both times: see the table of "
                          "verdicts.",
                          plural(left_out, "variant")))};
  }
  List first{List::Style::kHeadlines, {}}, rest{List::Style::kHeadlines, {}};
  std::size_t judged = 0;
  for (const auto& line : analysis.headline) {
    const bool open = !line.verdict || judged++ < kMostSentences;
    (open ? first : rest).items.push_back({line.text, line.verdict});
  }
  if (!first.items.empty()) blocks << std::move(first);
  if (!rest.items.empty()) {
    Fold fold{plural(static_cast<std::int64_t>(rest.items.size()), "more sentence"), {}};
    fold.blocks << std::move(rest);
    blocks << std::move(fold);
  }
  return blocks;
}

}  // namespace kite::race
