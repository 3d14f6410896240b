// SPDX-License-Identifier: Apache-2.0
// The sections about contestants against one another: variants, threads, languages, parity, and all comparisons.
#include <fmt/format.h>

#include "race/journal/words.h"
#include "race/report/document/figures.h"
#include "race/report/render/html/cell_text.h"
#include "race/report/render/html/sections.h"

namespace kite::race {
namespace {}  // namespace

Section variant_section(const Analysis& analysis) {
  Section section{"variants", "Variants", ""};
  section.html = paragraph(
      "Each form of a contestant against its own plain form, so that a cache or a setting shows what it is worth.");
  HtmlTable table("Variants", {{"variant"},
                               {"plain form"},
                               {"measure"},
                               {"variant (ms or MiB)", Kind::kNumber},
                               {"plain (ms or MiB)", Kind::kNumber},
                               {"ratio (95 % interval)", Kind::kNumber},
                               {"n", Kind::kNumber},
                               {"verdict"}});
  for (const auto& variant : analysis.variants) {
    const auto& row = variant.comparison;
    table.group(place_text(row.model, row.mode, row.threads, row.track));
    table.row({row.label, row.reference_label, measure_title(row.measure), value_of(row.measure, row.value),
               value_of(row.measure, row.reference_value), ratio_of(row.ratio, row.interval), fmt::format("{}", row.n),
               verdict_cell(row)},
              journal_cells(analysis, row));
  }
  section.html += table.html("No contestant has variants in this race.");
  return section;
}

Section thread_section(const Analysis& analysis) {
  Section section{"threads", "Threads", ""};
  HtmlTable table("Threads", {{"contestant"},
                              {"threads", Kind::kNumber},
                              {"median, ms", Kind::kNumber},
                              {"speed-up", Kind::kNumber},
                              {"efficiency", Kind::kNumber},
                              {"CPUs used", Kind::kNumber},
                              {"n", Kind::kNumber}});
  for (const auto& row : analysis.scaling) {
    table.group(fmt::format("{}, {}", row.model, mode_title(row.mode)));
    for (const auto& point : row.points) {
      table.row({row.label, fmt::format("{}", point.threads), digits(point.ms), digits(point.speedup),
                 percent_text(point.efficiency), number_of(point.cpus_used), fmt::format("{}", point.n)});
    }
  }
  section.html =
      figures(scaling_plots(analysis)) + table.html("One number of threads was raced, so there is no scaling to show.");
  return section;
}

Section language_section(const Analysis& analysis) {
  Section section{"language", "Language or runtime?", ""};
  section.html = paragraph(
      "The same runtime driven from different languages, part by part. A difference in the start is the language and "
      "what "
      "it imports; the steady part is the runtime's own work.");
  section.html += bullets(analysis.language_caveats);
  HtmlTable table("Language or runtime", {{"part"},
                                          {"contestant"},
                                          {"time, ms", Kind::kNumber},
                                          {"against"},
                                          {"time, ms", Kind::kNumber},
                                          {"ratio (95 % interval)", Kind::kNumber},
                                          {"n", Kind::kNumber},
                                          {"verdict"},
                                          {"same version"}});
  for (const auto& row : analysis.languages) {
    table.group(fmt::format("{}: {} or {}, {}, {}", row.runtime, row.language, row.reference_language, row.model,
                            threads_text(row.threads)));
    table.row({row.part, row.label, number_of(row.ms), row.reference_label, number_of(row.reference_ms),
               ratio_of(row.ratio, row.interval), fmt::format("{}", row.n),
               row.verdict.empty() ? Cell("not judged") : Cell::markup(verdict_html(row.verdict)),
               row.same_version ? "yes" : "not shown"});
  }
  section.html += table.html("No runtime was raced from two languages.");
  return section;
}

Section parity_section(const Analysis& analysis, const Journal& journal) {
  Section section{"parity", "Parity", ""};
  section.html = paragraph(
      "Before anyone is ranked, every contestant answers the whole picture list and is held against the judge. Whoever "
      "computes something else is listed, not ranked.");
  section.html += figures(parity_plots(analysis, journal));
  HtmlTable table("Parity", {{"contestant"},
                             {"pictures", Kind::kNumber},
                             {"largest logit difference", Kind::kNumber},
                             {"of the largest logit", Kind::kNumber},
                             {"top-1 agreement", Kind::kNumber},
                             {"input values that differ", Kind::kNumber},
                             {"equal"}});
  for (const auto& row : analysis.parity) {
    const auto& record = journal.parity[row.record];
    const bool pre = record.mode == Mode::kIncPre;
    table.group(fmt::format("{}, {}", row.model, mode_title(row.mode)));
    table.row(
        {row.label, fmt::format("{}", record.pictures), fmt::format("{:.3g}", record.max_logit_difference),
         record.largest_logit > 0 ? fmt::format("{:.2g}", record.max_logit_difference / record.largest_logit) : "n/a",
         percent_text(record.top1_agreement), pre ? percent_text(record.differing_tensor_share) : "same input",
         row.equal ? "yes" : "no: " + row.text});
  }
  section.html += table.html("Parity was not checked, so nobody may be ranked.");
  return section;
}

Section comparison_section(const Analysis& analysis) {
  Section section{"comparisons", "All comparisons", ""};
  section.html = paragraph(
      "Every measure of every contestant against the reference; p is adjusted for the number of contestants.");
  HtmlTable table("All comparisons", {{"contestant"},
                                      {"measure"},
                                      {"median (ms or MiB)", Kind::kNumber},
                                      {"reference (ms or MiB)", Kind::kNumber},
                                      {"ratio (95 % interval)", Kind::kNumber},
                                      {"n", Kind::kNumber},
                                      {"p, adjusted", Kind::kNumber},
                                      {"verdict"},
                                      {"journal cells", Kind::kNumber}});
  for (const auto& row : analysis.comparisons) {
    const auto from = journal_cells(analysis, row);
    table.group(place_text(row.model, row.mode, row.threads, row.track));
    table.row({row.label, measure_title(row.measure), value_of(row.measure, row.value),
               value_of(row.measure, row.reference_value), ratio_of(row.ratio, row.interval), fmt::format("{}", row.n),
               row.p_adjusted ? fmt::format("{:.2g}", *row.p_adjusted) : "n/a", verdict_cell(row),
               fmt::format("{}", fmt::join(from, ", "))},
              from);
  }
  section.html += folded("Show the table", table.html("No contestant could be compared with the reference."));
  return section;
}

}  // namespace kite::race
