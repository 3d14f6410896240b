// SPDX-License-Identifier: Apache-2.0
// Contestants compared with the reference: the measures that decide, the best variants, and all other measures.
#include <fmt/format.h>

#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"
#include "race/report/document/rows.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {
namespace {

constexpr const char* kNoComparison = "No contestant could be compared with the reference.";

Table verdict_table(const Analysis& analysis, Track track) {
  Table table(fmt::format("Verdicts, track {}", word_of(track)),
              {{"contestant"},
               {"median, ms", Kind::kNumber},
               {"reference, ms", Kind::kNumber},
               {"ratio (95 % interval)", Kind::kNumber},
               {"n", Kind::kNumber},
               {"parity"},
               {"verdict"}},
              kNoComparison);
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    for (const auto& row : analysis.comparisons) {
      if (row.track != track || row.mode != mode || row.measure != main_measure(mode)) continue;
      table.group(fmt::format("{}: {}", workload_of(row), measure_title(row.measure)));
      table.row({row.label, value_number(row.measure, row.value), value_number(row.measure, row.reference_value),
                 strong(ratio_number(row.ratio, row.interval)), fmt::format("{}", row.n), parity_word(analysis, row),
                 verdict_text(row)},
                journal_cells(analysis, row));
    }
  }
  return table;
}

Table best_table(const Analysis& analysis) {
  Table table("Best variant against best variant",
              {{"contestant's best variant"},
               {"reference's best variant"},
               {"measure"},
               {"median, ms", Kind::kNumber},
               {"reference, ms", Kind::kNumber},
               {"ratio (95 % interval)", Kind::kNumber},
               {"n", Kind::kNumber},
               {"verdict"}},
              "No contestant has a second variant.");
  for (const auto& row : analysis.best) {
    table.group(workload_of(row));
    table.row({row.label, row.reference_label, measure_title(row.measure), value_number(row.measure, row.value),
               value_number(row.measure, row.reference_value), ratio_number(row.ratio, row.interval),
               fmt::format("{}", row.n), verdict_text(row)},
              journal_cells(analysis, row));
  }
  return table;
}

}  // namespace

Section verdict_section(const Analysis& analysis) {
  Section section{"verdicts", "Verdicts", {}};
  section.blocks << Paragraph{
      fmt::format("Ratio = contestant / reference ({}): below 1 is less time. For whole programs it is the time from "
                  "start to exit, otherwise the steady time of an inference. In brackets: the 95 % interval, widened "
                  "for the number of contestants. n: the number of rounds or sets. Faster and slower: the interval "
                  "lies wholly beyond the margin of {}; equivalent: wholly within; undecided: neither.",
                  analysis.reference_label, percent_text(analysis.margin))};
  for (const Track track : {Track::kMatched, Track::kDefault}) {
    auto table = verdict_table(analysis, track);
    if (table.empty() && (track == Track::kDefault || !analysis.comparisons.empty())) continue;
    section.blocks << Heading{
        track == Track::kMatched ? "matched" : "default",
        track == Track::kMatched ? "Equal conditions (track matched)" : "As installed, nothing set (track default)"};
    section.blocks << std::move(table);
  }
  section.blocks << Heading{"best", "Best variant against best variant"} << best_table(analysis);
  return section;
}

Section comparison_section(const Analysis& analysis) {
  Section section{"comparisons", "All comparisons", {}};
  section.blocks << Paragraph{
      "Every measure of every contestant against the reference; p is adjusted for the number of contestants."};
  Table table("All comparisons",
              {{"contestant"},
               {"measure"},
               {"median (ms or MiB)", Kind::kNumber},
               {"reference (ms or MiB)", Kind::kNumber},
               {"ratio (95 % interval)", Kind::kNumber},
               {"n", Kind::kNumber},
               {"p, adjusted", Kind::kNumber},
               {"verdict"},
               {"journal cells", Kind::kNumber}},
              kNoComparison);
  for (const auto& row : analysis.comparisons) {
    const auto from = journal_cells(analysis, row);
    table.group(workload_of(row));
    table.row({row.label, measure_title(row.measure), value_number(row.measure, row.value),
               value_number(row.measure, row.reference_value), ratio_number(row.ratio, row.interval),
               fmt::format("{}", row.n), row.p_adjusted ? fmt::format("{:.2g}", *row.p_adjusted) : "n/a",
               verdict_text(row), fmt::format("{}", fmt::join(from, ", "))},
              from);
  }
  Fold fold{"Show the table", {}};
  fold.blocks << std::move(table);
  section.blocks << std::move(fold);
  return section;
}

}  // namespace kite::race
