// SPDX-License-Identifier: Apache-2.0
// Times of each contestant by itself: whole program, inference alone and with preprocessing, slow samples, phases.
#include <fmt/format.h>

#include <map>

#include "race/report/analysis/cells.h"
#include "race/report/analysis/text.h"
#include "race/report/document/figures.h"
#include "race/report/document/rows.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {
namespace {

Table whole_program_table(const Analysis& analysis) {
  Table table("Whole program",
              {{"contestant"},
               {"mean, ms", Kind::kNumber},
               {"sd, ms", Kind::kNumber},
               {"median, ms", Kind::kNumber},
               {"min..max, ms", Kind::kNumber},
               {"to answer, ms", Kind::kNumber},
               {"user, ms", Kind::kNumber},
               {"system, ms", Kind::kNumber},
               {"CPUs used", Kind::kNumber},
               {"runs", Kind::kNumber},
               {"journal", Kind::kNumber}},
              kNothingMeasured);
  for (const auto& cell : analysis.cells) {
    const auto& wall = spread(cell, Measure::kWall);
    if (cell.mode != Mode::kOneshot || !wall) continue;
    table.group(workload_of(cell));
    table.row({cell.label, digits(wall->mean), wall->n > 1 ? digits(wall->sd) : "n/a", digits(wall->median),
               range_number(*wall), median_number(cell, Measure::kLabel), median_number(cell, Measure::kUser),
               median_number(cell, Measure::kSystem), cell.cpus_used ? digits(cell.cpus_used->median) : "n/a",
               fmt::format("{}", wall->n), fmt::format("cell {}", cell.cell)},
              {cell.cell});
  }
  return table;
}

Table launcher_table(const Analysis& analysis) {
  Table table("Cost of a launcher",
              {{"through the launcher"},
               {"model"},
               {"with it, ms", Kind::kNumber},
               {"without, ms", Kind::kNumber},
               {"cost, ms", Kind::kNumber},
               {"n", Kind::kNumber}},
              "No contestant ran through a launcher: each one is started directly.");
  for (const auto& row : analysis.launchers) {
    table.row({row.label, row.model, number_text(row.through_ms), number_text(row.direct_ms), number_text(row.cost_ms),
               fmt::format("{}", row.n)});
  }
  return table;
}

}  // namespace

Section whole_program_section(const Analysis& analysis, const Journal& journal) {
  Section section{"whole", "Whole program, one picture", {}};
  section.blocks << Paragraph{
      "One process from exec to exit: start the language and its libraries, load the model, classify one picture, "
      "print the label."};
  add_plots(section.blocks, forest_plots(analysis, Mode::kOneshot));
  section.blocks << whole_program_table(analysis);
  add_plots(section.blocks, distribution_plots(analysis, journal, Mode::kOneshot));
  section.blocks << Heading{"launcher", "Cost of a launcher"} << launcher_table(analysis);
  return section;
}

Section isolated_section(const Analysis& analysis, const Journal& journal, Mode mode) {
  const bool pre = mode == Mode::kIncPre;
  Section section{pre ? "preprocessed" : "alone", pre ? "Inference with preprocessing" : "Inference alone", {}};
  section.blocks << Paragraph{
      pre ? "From the path of a picture to the output, in one warm process: read, decode, resize, normalise, infer."
          : "The inference call in one warm process, its input already in memory; softmax and the rest are outside."};
  add_plots(section.blocks, forest_plots(analysis, mode));
  Table table(section.title,
              {{"contestant"},
               {"steady, ms", Kind::kNumber},
               {"min..max of processes, ms", Kind::kNumber},
               {"first, ms", Kind::kNumber},
               {"load, ms", Kind::kNumber},
               {"warm-up (processes)"},
               {"processes", Kind::kNumber},
               {"journal", Kind::kNumber}},
              kNothingMeasured);
  for (const auto& cell : analysis.cells) {
    const auto& p50 = spread(cell, Measure::kP50);
    if (cell.mode != mode || !p50) continue;
    std::vector<std::string> classes;
    for (const auto& warm_up : cell.warm_ups)
      classes.push_back(fmt::format("{} ({})", steadiness_name(warm_up.steadiness), warm_up.n));
    table.group(workload_of(cell));
    table.row({cell.label, digits(p50->median), range_number(*p50), median_number(cell, Measure::kFirst),
               median_number(cell, Measure::kLoad), joined(classes, ", "), fmt::format("{}", p50->n),
               fmt::format("cell {}", cell.cell)},
              {cell.cell});
  }
  section.blocks << std::move(table);
  add_plots(section.blocks, distribution_plots(analysis, journal, mode));
  add_plots(section.blocks, sequence_plots(analysis, journal, mode), 1);
  return section;
}

Section slow_sample_section(const Analysis& analysis) {
  Section section{"slow", "Slow samples", {}};
  section.blocks << Paragraph{
      "Computed for each process first; then the median over processes, with the order-statistic interval. A "
      "percentile is shown only if every process has enough samples for it."};
  Table table("Percentiles",
              {{"contestant"},
               {"p90, ms", Kind::kNumber},
               {"p95, ms", Kind::kNumber},
               {"p99, ms", Kind::kNumber},
               {"p99.9, ms", Kind::kNumber}},
              kNothingMeasured);
  for (const auto& cell : analysis.cells) {
    if (cell.percentiles.empty()) continue;
    std::vector<Text> row = {cell.label};
    for (const auto& percentile : cell.percentiles) {
      if (!percentile.ms) {
        row.push_back(quiet(fmt::format("needs {}, has {}", percentile.needs, percentile.samples)));
        continue;
      }
      std::string text = digits(*percentile.ms);
      if (percentile.range) {
        text += fmt::format(" ({}..{})", digits(percentile.range->low), digits(percentile.range->high));
      }
      row.emplace_back(text);
    }
    table.group(workload_of(cell));
    table.row(std::move(row), {cell.cell});
  }
  section.blocks << std::move(table);
  return section;
}

Section phase_section(const Analysis& analysis) {
  Section section{"phases", "Where the time goes", {}};
  add_plots(section.blocks, phase_plots(analysis, Mode::kNoPre));
  Table table("Phases",
              {{"contestant"},
               {"exec, language, imports, ms", Kind::kNumber},
               {"load, ms", Kind::kNumber},
               {"first, ms", Kind::kNumber},
               {"all steady samples, ms", Kind::kNumber},
               {"exit, ms", Kind::kNumber}},
              kNothingMeasured);
  for (const auto& cell : analysis.cells) {
    if (cell.phases.empty() || cell.mode == Mode::kOneshot) continue;
    std::map<std::string_view, double> spans;
    for (const auto& span : cell.phases) spans[span.name] = span.ms;
    std::vector<Text> row = {cell.label};
    for (const char* name : {"start", "load", "first", "steady", "exit"}) {
      const auto found = spans.find(name);
      row.emplace_back(found == spans.end() ? std::string("n/a") : digits(found->second));
    }
    table.group(workload_of(cell));
    table.row(std::move(row), {cell.cell});
  }
  Fold fold{"All phases of all processes, medians", {}};
  fold.blocks << std::move(table);
  section.blocks << std::move(fold);
  return section;
}

}  // namespace kite::race
