// SPDX-License-Identifier: Apache-2.0
// The order of a report: the findings, how far they can be trusted, the tables and plots, the small print.
#include "race/report/document/report.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "race/report/analysis/text.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {

Document report_document(const Analysis& analysis, const Journal& journal) {
  const auto& plan = journal.plan;
  const auto& coverage = analysis.coverage;
  std::int64_t rivals = 0;
  for (const auto& contestant : plan.contestants) rivals += !contestant.control && contestant.id != plan.reference;
  Document document;
  document.title = "Race against " + analysis.reference_label;
  document.kicker = "paperkite race, preset " + (plan.preset.empty() ? std::string("of its own") : plan.preset);
  document.heading = fmt::format("{} against {}", plural(rivals, "contestant"), analysis.reference_label);
  document.facts = {plan.created.empty() ? "unknown date" : plan.created,
                    fmt::format("{} of {}", coverage.complete_rounds,
                                coverage.planned_rounds == 0 ? "an undecided number of rounds"
                                                             : plural(coverage.planned_rounds, "round")),
                    plural(static_cast<std::int64_t>(plan.models.size()), "model"), fmt::format("seed {}", plan.seed)};
  document.front = front_blocks(analysis);
  std::optional<Section> sections[] = {verdict_section(analysis),
                                       noise_section(analysis, journal),
                                       warning_section(analysis),
                                       whole_program_section(analysis, journal),
                                       phase_section(analysis),
                                       isolated_section(analysis, journal, Mode::kNoPre),
                                       isolated_section(analysis, journal, Mode::kIncPre),
                                       slow_sample_section(analysis),
                                       memory_section(analysis),
                                       profile_section(journal),
                                       counter_section(analysis),
                                       variant_section(analysis),
                                       thread_section(analysis),
                                       language_section(analysis),
                                       study_section(analysis),
                                       parity_section(analysis, journal),
                                       failure_section(analysis, journal),
                                       drift_section(analysis),
                                       comparison_section(analysis),
                                       method_section(analysis, journal),
                                       refusal_section(analysis),
                                       contestant_section(journal),
                                       command_section(analysis),
                                       file_section(analysis)};
  for (auto& section : sections) {
    if (section) document.sections.push_back(*std::move(section));
  }
  return document;
}

}  // namespace kite::race
