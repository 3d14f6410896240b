// SPDX-License-Identifier: Apache-2.0
// The sections that answer the study row by row: whole program, inference alone and with preprocessing, phases, memory,
// counters.
#include <fmt/format.h>

#include <map>

#include "race/report/document/figures.h"
#include "race/report/plots/escape.h"
#include "race/report/render/html/cell_text.h"
#include "race/report/render/html/sections.h"

namespace kite::race {
namespace {

constexpr const char* kNothing = "Nothing was measured for this table.";

std::string range_of(const Spread& spread) { return digits(spread.min) + ".." + digits(spread.max); }

}  // namespace

Section whole_program_section(const Analysis& analysis, const Journal& journal) {
  Section section{"whole", "Whole program, one picture", ""};
  section.html = paragraph(
      "One process from exec to exit: start the language and its libraries, load the model, classify one picture, "
      "print "
      "the label.");
  section.html += figures(forest_plots(analysis, Mode::kOneshot));
  HtmlTable table("Whole program", {{"contestant"},
                                    {"mean, ms", Kind::kNumber},
                                    {"sd, ms", Kind::kNumber},
                                    {"median, ms", Kind::kNumber},
                                    {"min..max, ms", Kind::kNumber},
                                    {"to answer, ms", Kind::kNumber},
                                    {"user, ms", Kind::kNumber},
                                    {"system, ms", Kind::kNumber},
                                    {"CPUs used", Kind::kNumber},
                                    {"runs", Kind::kNumber},
                                    {"journal", Kind::kNumber}});
  for (const auto& cell : analysis.cells) {
    const auto& wall = spread_of(cell, Measure::kWall);
    if (cell.mode != Mode::kOneshot || !wall) continue;
    table.group(place_of(cell));
    table.row({cell.label, digits(wall->mean), wall->n > 1 ? digits(wall->sd) : "n/a", digits(wall->median),
               range_of(*wall), median_of_cell(cell, Measure::kLabel), median_of_cell(cell, Measure::kUser),
               median_of_cell(cell, Measure::kSystem), cell.cpus_used ? digits(cell.cpus_used->median) : "n/a",
               fmt::format("{}", wall->n), fmt::format("cell {}", cell.cell)},
              {cell.cell});
  }
  section.html += table.html(kNothing);
  section.html += figures(distribution_plots(analysis, journal, Mode::kOneshot));
  HtmlTable launchers("Cost of a launcher", {{"through the launcher"},
                                             {"model"},
                                             {"with it, ms", Kind::kNumber},
                                             {"without, ms", Kind::kNumber},
                                             {"cost, ms", Kind::kNumber},
                                             {"n", Kind::kNumber}});
  for (const auto& row : analysis.launchers) {
    launchers.row({row.label, row.model, number_of(row.through_ms), number_of(row.direct_ms), number_of(row.cost_ms),
                   fmt::format("{}", row.n)});
  }
  section.html += "<h3 id=\"launcher\">Cost of a launcher</h3>\n" +
                  launchers.html("No contestant ran through a launcher: every one is started directly.");
  return section;
}

Section isolated_section(const Analysis& analysis, const Journal& journal, Mode mode) {
  const bool pre = mode == Mode::kIncPre;
  Section section{pre ? "preprocessed" : "alone", pre ? "Inference with preprocessing" : "Inference alone", ""};
  section.html = paragraph(
      pre ? "From the path of a picture to the output, in one warm process: read, decode, resize, normalise, infer."
          : "The inference call in one warm process, its input already in memory; softmax and the rest are outside.");
  section.html += figures(forest_plots(analysis, mode));
  HtmlTable table(section.title, {{"contestant"},
                                  {"steady, ms", Kind::kNumber},
                                  {"min..max of processes, ms", Kind::kNumber},
                                  {"first, ms", Kind::kNumber},
                                  {"load, ms", Kind::kNumber},
                                  {"warm-up (processes)"},
                                  {"processes", Kind::kNumber},
                                  {"journal", Kind::kNumber}});
  for (const auto& cell : analysis.cells) {
    const auto& p50 = spread_of(cell, Measure::kP50);
    if (cell.mode != mode || !p50) continue;
    std::vector<std::string> classes;
    for (const auto& warm_up : cell.warm_ups) classes.push_back(fmt::format("{} ({})", warm_up.name, warm_up.n));
    table.group(place_of(cell));
    table.row({cell.label, digits(p50->median), range_of(*p50), median_of_cell(cell, Measure::kFirst),
               median_of_cell(cell, Measure::kLoad), joined(classes, ", "), fmt::format("{}", p50->n),
               fmt::format("cell {}", cell.cell)},
              {cell.cell});
  }
  section.html += table.html(kNothing);
  section.html += figures(distribution_plots(analysis, journal, mode));
  section.html += figures(sequence_plots(analysis, journal, mode), 1);
  return section;
}

Section slow_sample_section(const Analysis& analysis) {
  Section section{"slow", "Slow samples", ""};
  section.html = paragraph(
      "Per process first, then the median over processes, with the order-statistic interval. A percentile is shown "
      "only "
      "where every process has samples enough for it.");
  HtmlTable table("Percentiles", {{"contestant"},
                                  {"p90, ms", Kind::kNumber},
                                  {"p95, ms", Kind::kNumber},
                                  {"p99, ms", Kind::kNumber},
                                  {"p99.9, ms", Kind::kNumber}});
  for (const auto& cell : analysis.cells) {
    if (cell.percentiles.empty()) continue;
    std::vector<Cell> row = {cell.label};
    for (const auto& percentile : cell.percentiles) {
      std::string text = fmt::format("needs {}, has {}", percentile.needs, percentile.samples);
      if (percentile.ms) text = digits(*percentile.ms);
      if (percentile.ms && percentile.range) {
        text += fmt::format(" ({}..{})", digits(percentile.range->low), digits(percentile.range->high));
      }
      row.push_back(percentile.ms ? Cell(text) : Cell::markup("<span class=\"absent\">" + text + "</span>"));
    }
    table.group(place_of(cell));
    table.row(row, {cell.cell});
  }
  section.html += table.html(kNothing);
  return section;
}

Section phase_section(const Analysis& analysis) {
  Section section{"phases", "Where the time goes", ""};
  section.html = figures(phase_plots(analysis, Mode::kNoPre));
  HtmlTable table("Phases", {{"contestant"},
                             {"exec, language, imports, ms", Kind::kNumber},
                             {"load, ms", Kind::kNumber},
                             {"first, ms", Kind::kNumber},
                             {"all steady samples, ms", Kind::kNumber},
                             {"exit, ms", Kind::kNumber}});
  for (const auto& cell : analysis.cells) {
    if (cell.phases.empty() || cell.mode == Mode::kOneshot) continue;
    std::map<std::string_view, double> spans;
    for (const auto& span : cell.phases) spans[span.name] = span.ms;
    std::vector<Cell> row = {cell.label};
    for (const char* name : {"start", "load", "first", "steady", "exit"}) {
      const auto found = spans.find(name);
      row.emplace_back(found == spans.end() ? "n/a" : digits(found->second));
    }
    table.group(place_of(cell));
    table.row(row, {cell.cell});
  }
  section.html += folded("All phases of all processes, medians", table.html(kNothing));
  return section;
}

Section memory_section(const Analysis& analysis) {
  Section section{"memory", "Memory", ""};
  section.html = paragraph(
      "One instrument for all: the kernel's peak of resident memory for the process. The floor is what an empty "
      "program "
      "shows. Anonymous memory is the program's own; file-backed memory (libraries, mapped models) can be shared. "
      "Resident memory is not heap: allocations alone are another instrument's number.");
  section.html += figures(pareto_plots(analysis, Mode::kNoPre));
  HtmlTable table("Memory", {{"contestant"},
                             {"peak, MiB", Kind::kNumber},
                             {"of it floor, MiB", Kind::kNumber},
                             {"peak anonymous, MiB", Kind::kNumber},
                             {"at mark"},
                             {"anonymous, MiB", Kind::kNumber},
                             {"file-backed, MiB", Kind::kNumber},
                             {"PSS, MiB", Kind::kNumber},
                             {"minor faults", Kind::kNumber},
                             {"major faults", Kind::kNumber},
                             {"n", Kind::kNumber}});
  for (const auto& cell : analysis.cells) {
    const auto& peak = spread_of(cell, Measure::kPeakRss);
    if (!peak) continue;
    std::vector<Cell> row = {cell.label, mib_of(peak->median), told_mib(cell.peak_rss_floor_bytes),
                             median_of_cell(cell, Measure::kPeakAnon)};
    if (cell.marks.empty()) {
      row.insert(row.end(), {Cell("none"), Cell("n/a"), Cell("n/a"), Cell("n/a")});
    } else {
      const auto& mark = cell.marks.back();
      row.insert(row.end(), {Cell(mark.name), Cell(told_mib(mark.rss_anon_bytes)), Cell(told_mib(mark.rss_file_bytes)),
                             Cell(told_mib(mark.pss_bytes))});
    }
    row.insert(row.end(), {Cell(number_of(cell.minor_faults)), Cell(number_of(cell.major_faults)),
                           Cell(fmt::format("{}", peak->n))});
    table.group(place_of(cell));
    table.row(row, {cell.cell});
  }
  section.html += table.html(kNothing);
  return section;
}

Section counter_section(const Analysis& analysis) {
  Section section{"counters", "CPU counters", ""};
  section.html = paragraph(
      "Medians over processes. What this machine cannot count is n/a with the reason beneath, never 0. Counts of a "
      "whole "
      "process include its start: they do not explain inference.");
  std::vector<std::string> reasons;
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    std::vector<Column> columns = {{"contestant"}};
    for (const auto& cell : analysis.cells) {
      if (cell.mode != mode) continue;
      for (const auto& counter : cell.counters) {
        const auto same = [&](const Column& column) { return column.title == counter.name; };
        if (std::none_of(columns.begin(), columns.end(), same)) columns.push_back({counter.name, Kind::kNumber});
      }
    }
    auto titled = columns;
    for (auto& column : titled) {
      if (column.title == "task-clock") column.title += ", ms";
    }
    HtmlTable table(fmt::format("Counters, {}", mode_title(mode)), std::move(titled));
    for (const auto& cell : analysis.cells) {
      if (cell.mode != mode || cell.counters.empty()) continue;
      std::vector<Cell> row = {cell.label};
      for (std::size_t i = 1; i < columns.size(); ++i) {
        std::string html = "n/a";
        for (const auto& counter : cell.counters) {
          if (counter.name != columns[i].title) continue;
          if (counter.value)
            html = *counter.value >= 1e6 ? fmt::format("{:.4g}", *counter.value) : digits(*counter.value);
          if (counter.reason.empty()) continue;
          auto at = std::find(reasons.begin(), reasons.end(), counter.reason);
          if (at == reasons.end()) at = reasons.insert(reasons.end(), counter.reason);
          html += fmt::format("<sup>{}</sup>", at - reasons.begin() + 1);
        }
        row.push_back(Cell::markup(std::move(html)));
      }
      table.group(place_of(cell));
      table.row(row, {cell.cell});
    }
    if (table.empty()) continue;
    section.html +=
        mode == Mode::kOneshot ? table.html("") : folded(fmt::format("Counters, {}", mode_title(mode)), table.html(""));
  }
  if (!reasons.empty()) {
    section.html += "<ol class=\"reasons\">\n";
    for (const auto& reason : reasons) section.html += fmt::format("<li>{}</li>\n", escaped(reason));
    section.html += "</ol>\n";
  }
  const auto bare = [](const CellSummary& cell) { return cell.counters.empty(); };
  if (std::all_of(analysis.cells.begin(), analysis.cells.end(), bare)) section.html += paragraph(kNothing, "nothing");
  return section;
}

}  // namespace kite::race
