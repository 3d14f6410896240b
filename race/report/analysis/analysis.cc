// SPDX-License-Identifier: Apache-2.0
// The order in which an analysis is made: cells, the control, comparisons, the other sections, and last the words.
#include "race/report/analysis/analysis.h"

#include <algorithm>

#include "paperkite/try.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/comparisons.h"
#include "race/report/analysis/eligibility.h"
#include "race/report/analysis/findings.h"
#include "race/report/analysis/standings.h"
#include "race/report/analysis/wording.h"

namespace kite::race {

Result<Analysis> analyse(const Journal& journal) {
  Analysis analysis;
  KITE_TRY_ASSIGN(analysis.cells, summarise_cells(journal));
  // Cells that the budget left out are listed once, in the coverage, and not as rows without numbers.
  std::erase_if(analysis.cells, [&](const CellSummary& cell) {
    const auto in_heat = [&cell](const HeatRecord& heat) {
      return std::find(heat.cells.begin(), heat.cells.end(), cell.cell) != heat.cells.end();
    };
    return journal.decision && !journal.decision->counts.contains(cell.cell) &&
           std::none_of(journal.decision->heats.begin(), journal.decision->heats.end(), in_heat) &&
           journal.plan.contestants[cell.contestant].ready &&
           std::none_of(cell.processes.begin(), cell.processes.end(),
                        [&](const auto& values) { return is_compared(journal.processes[values.process].purpose); });
  });
  analysis.margin = journal.plan.margin;
  const auto labels = contestant_labels(journal.plan);
  analysis.reference_label = journal.plan.reference;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (journal.plan.contestants[i].id == journal.plan.reference) analysis.reference_label = labels[i];
  }
  analysis.control = judge_control(journal, analysis.cells);
  const Eligibility eligibility(journal, analysis.cells);
  const Field field{journal, analysis.cells, eligibility, analysis.control};
  analysis.coverage = coverage_of(journal, analysis.cells);
  analysis.comparisons = compare_with_reference(field);
  analysis.best = compare_best_variants(field);
  analysis.variants = compare_variants(field);
  analysis.launchers = launcher_costs(field);
  analysis.parity = parity_rows(journal);
  analysis.not_ranked = eligibility.listed();
  analysis.scaling = thread_scaling(analysis.cells);
  analysis.drift = drift_of(journal, analysis.cells);
  analysis.languages = compare_languages(field);
  analysis.commands = commands_of(analysis.cells);

  analysis.standings = standings_of(analysis, journal);
  analysis.language_caveats = caveats_of_languages(analysis);
  analysis.headline = headline_of(analysis, journal);
  analysis.study = judge_study(analysis);
  analysis.warnings = warnings_of(analysis, journal, eligibility.unranked_models());
  analysis.refused = refusals_of(analysis, journal);
  analysis.limits = limits_of(analysis, journal);
  analysis.method = method_of(analysis, journal);
  return analysis;
}

}  // namespace kite::race
