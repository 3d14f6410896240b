// SPDX-License-Identifier: Apache-2.0
// What each contestant used: memory, and what the processor counted.
#include <fmt/format.h>

#include <algorithm>

#include "race/report/analysis/cells.h"
#include "race/report/analysis/text.h"
#include "race/report/document/figures.h"
#include "race/report/document/rows.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {
namespace {

// The number of a reason in the list below the tables. A new reason is added to the list.
std::size_t number_of(std::vector<std::string>& reasons, const std::string& reason) {
  const auto found = std::find(reasons.begin(), reasons.end(), reason);
  const auto number = static_cast<std::size_t>(found - reasons.begin()) + 1;
  if (found == reasons.end()) reasons.push_back(reason);
  return number;
}

Text counter_text(const CellSummary& cell, const std::string& name, std::vector<std::string>& reasons) {
  for (const auto& counter : cell.counters) {
    if (counter.name != name) continue;
    const double value = counter.value.value_or(0) / (counter.unit == "ns" ? 1e6 : 1);
    Text text = !counter.value ? "n/a" : value >= 1e6 ? fmt::format("{:.4g}", value) : digits(value);
    if (!counter.reason.empty()) {
      text += Span{Span::Kind::kNumber, fmt::format("{}", number_of(reasons, counter.reason)), {}};
    }
    return text;
  }
  return "n/a";
}

Table counter_table(const Analysis& analysis, Mode mode, std::vector<std::string>& reasons) {
  std::vector<std::string> names;
  std::vector<Column> columns = {{"contestant"}};
  for (const auto& cell : analysis.cells) {
    if (cell.mode != mode) continue;
    for (const auto& counter : cell.counters) {
      if (std::find(names.begin(), names.end(), counter.name) != names.end()) continue;
      names.push_back(counter.name);
      columns.push_back({counter.unit == "ns" ? counter.name + ", ms" : counter.name, Kind::kNumber});
    }
  }
  Table table(fmt::format("Counters, {}", mode_title(mode)), std::move(columns), kNothingMeasured);
  for (const auto& cell : analysis.cells) {
    if (cell.mode != mode || cell.counters.empty()) continue;
    std::vector<Text> row = {cell.label};
    for (const auto& name : names) row.push_back(counter_text(cell, name, reasons));
    table.group(workload_of(cell));
    table.row(std::move(row), {cell.cell});
  }
  return table;
}

}  // namespace

Section memory_section(const Analysis& analysis) {
  Section section{"memory", "Memory", {}};
  section.blocks << Paragraph{
      "One instrument for all: the kernel's peak of resident memory for the process. The floor is the peak of an empty "
      "program. Anonymous memory is the program's own; file-backed memory (libraries, mapped models) can be shared. "
      "Resident memory is not heap: allocations would need another instrument and are not measured here."};
  add_plots(section.blocks, pareto_plots(analysis, Mode::kNoPre));
  Table table("Memory",
              {{"contestant"},
               {"peak, MiB", Kind::kNumber},
               {"of it floor, MiB", Kind::kNumber},
               {"peak anonymous, MiB", Kind::kNumber},
               {"at mark"},
               {"anonymous, MiB", Kind::kNumber},
               {"file-backed, MiB", Kind::kNumber},
               {"PSS, MiB", Kind::kNumber},
               {"minor faults", Kind::kNumber},
               {"major faults", Kind::kNumber},
               {"n", Kind::kNumber}},
              kNothingMeasured);
  for (const auto& cell : analysis.cells) {
    const auto& peak = spread(cell, Measure::kPeakRss);
    if (!peak) continue;
    const MarkSummary none{"none", 0, 0, 0, 0, 0};
    const MarkSummary& mark = cell.marks.empty() ? none : cell.marks.back();
    table.group(workload_of(cell));
    table.row({cell.label, mib_number(peak->median), mib_number(cell.peak_rss_floor_bytes),
               median_number(cell, Measure::kPeakAnon), mark.name, mib_number(mark.rss_anon_bytes),
               mib_number(mark.rss_file_bytes), mib_number(mark.pss_bytes), number_text(cell.minor_faults),
               number_text(cell.major_faults), fmt::format("{}", peak->n)},
              {cell.cell});
  }
  section.blocks << std::move(table);
  return section;
}

Section counter_section(const Analysis& analysis) {
  Section section{"counters", "CPU counters", {}};
  section.blocks << Paragraph{
      "Medians over processes. A counter that this machine does not have is n/a, never 0, with the reason below. "
      "Counts of a whole process include its start, so they do not explain inference."};
  std::vector<std::string> reasons;
  bool any = false;
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    auto table = counter_table(analysis, mode, reasons);
    if (table.empty()) continue;
    any = true;
    if (mode == Mode::kOneshot) {
      section.blocks << std::move(table);
      continue;
    }
    Fold fold{table.name, {}};
    fold.blocks << std::move(table);
    section.blocks << std::move(fold);
  }
  if (!any) section.blocks << Paragraph{kNothingMeasured, true};
  if (!reasons.empty()) {
    List list = bullets(reasons);
    list.style = List::Style::kNumbers;
    section.blocks << std::move(list);
  }
  return section;
}

}  // namespace kite::race
