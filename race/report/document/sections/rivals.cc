// SPDX-License-Identifier: Apache-2.0
// Compares contestants with each other: variants, threads, languages, the study's sentences, parity.
#include <fmt/format.h>

#include <cmath>

#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/document/figures.h"
#include "race/report/document/rows.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {

Section variant_section(const Analysis& analysis) {
  Section section{"variants", "Variants", {}};
  section.blocks << Paragraph{
      "Each variant of a contestant compared with its plain variant, which shows the effect of a cache or a setting; "
      "and each further command line compared with the first one, since they may be builds of one program."};
  Table table("Variants",
              {{"variant"},
               {"plain variant"},
               {"measure"},
               {"variant (ms or MiB)", Kind::kNumber},
               {"plain (ms or MiB)", Kind::kNumber},
               {"ratio (95 % interval)", Kind::kNumber},
               {"n", Kind::kNumber},
               {"verdict"}},
              "No contestant has variants in this race.");
  for (const auto& variant : analysis.variants) {
    const auto& row = variant.comparison;
    table.group(workload_of(row));
    table.row({row.label, row.reference_label, measure_title(row.measure), value_number(row.measure, row.value),
               value_number(row.measure, row.reference_value), ratio_number(row.ratio, row.interval),
               fmt::format("{}", row.n), verdict_text(row)},
              journal_cells(analysis, row));
  }
  section.blocks << std::move(table);
  return section;
}

Section thread_section(const Analysis& analysis) {
  Section section{"threads", "Threads", {}};
  add_plots(section.blocks, scaling_plots(analysis));
  Table table("Threads",
              {{"contestant"},
               {"threads", Kind::kNumber},
               {"median, ms", Kind::kNumber},
               {"speed-up", Kind::kNumber},
               {"efficiency", Kind::kNumber},
               {"CPUs used", Kind::kNumber},
               {"n", Kind::kNumber}},
              "Only one number of threads was raced, so there is no scaling to show.");
  for (const auto& row : analysis.scaling) {
    table.group(fmt::format("{}, {}", row.model, mode_title(row.mode)));
    for (const auto& point : row.points) {
      table.row({row.label, fmt::format("{}", point.threads), digits(point.ms), digits(point.speedup),
                 percent_text(point.efficiency), number_text(point.cpus_used), fmt::format("{}", point.n)});
    }
  }
  section.blocks << std::move(table);
  return section;
}

Section language_section(const Analysis& analysis) {
  Section section{"language", "Language or runtime?", {}};
  section.blocks << Paragraph{
      "The same runtime used from different languages, phase by phase. A difference in the start comes from the "
      "language and its imports; the steady phase is the runtime's own work."};
  section.blocks << bullets(analysis.language_caveats);
  Table table("Language or runtime",
              {{"phase"},
               {"contestant"},
               {"time, ms", Kind::kNumber},
               {"against"},
               {"time, ms", Kind::kNumber},
               {"ratio (95 % interval)", Kind::kNumber},
               {"n", Kind::kNumber},
               {"verdict"},
               {"same version"}},
              "No runtime was raced from two languages.");
  for (const auto& row : analysis.languages) {
    table.group(fmt::format("{}: {} or {}, {}, {}", row.runtime, row.language, row.reference_language, row.model,
                            threads_text(row.threads)));
    table.row({row.phase, row.label, number_text(row.ms), row.reference_label, number_text(row.reference_ms),
               ratio_number(row.ratio, row.interval), fmt::format("{}", row.n),
               row.verdict ? verdict_mark(verdict_name(*row.verdict), *row.verdict) : Text("not judged"),
               row.same_version ? "yes" : "not shown"});
  }
  section.blocks << std::move(table);
  return section;
}

std::optional<Section> study_section(const Analysis& analysis) {
  if (analysis.study.empty()) return std::nullopt;
  Section section{"study", "The published study's sentences", {}};
  section.blocks << Paragraph{
      "True: it holds in every workload of this race, and all are decided. False: a workload shows the opposite. Below "
      "1 is less. No sentence says that one language is faster than another: see the section above."};
  Table table("The published study's sentences", {{"it said"}, {"here"}, {"ratios of"}, {"figures"}}, "None.");
  for (const auto& row : analysis.study) {
    table.row({row.sentence, strong(truth_name(row.truth)), row.pair, row.figures});
  }
  section.blocks << std::move(table);
  return section;
}

Section parity_section(const Analysis& analysis, const Journal& journal) {
  Section section{"parity", "Parity", {}};
  section.blocks << Paragraph{
      "Before the ranking, every contestant answers the whole picture list, and its answers are compared with the "
      "judge's. A contestant that computes something else is listed, but not ranked."};
  add_plots(section.blocks, parity_plots(analysis, journal));
  Table table("Parity",
              {{"contestant"},
               {"pictures", Kind::kNumber},
               {"largest logit difference", Kind::kNumber},
               {"of the largest logit", Kind::kNumber},
               {"top-1 agreement", Kind::kNumber},
               {"input values that differ", Kind::kNumber},
               {"equal"}},
              "Parity was not checked, so no contestant is ranked.");
  for (const auto& row : analysis.parity) {
    const auto& record = journal.parity[row.record];
    const double difference = record.max_logit_difference;
    const bool finite = std::isfinite(difference);
    table.group(fmt::format("{}, {}", row.model, mode_title(row.mode)));
    table.row({row.label, fmt::format("{}", record.pictures), finite ? fmt::format("{:.3g}", difference) : "n/a",
               finite && record.largest_logit > 0 ? fmt::format("{:.2g}", difference / record.largest_logit) : "n/a",
               percent_text(record.top1_agreement),
               record.mode == Mode::kIncPre ? percent_text(record.differing_tensor_share) : "same input",
               row.equal ? "yes" : "no: " + row.text});
  }
  section.blocks << std::move(table);
  return section;
}

}  // namespace kite::race
