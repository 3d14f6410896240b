// SPDX-License-Identifier: Apache-2.0
// How far the numbers may be trusted: noise, machine, warnings, failures, drift.
#include <fmt/format.h>

#include "race/journal/machine_facts.h"
#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/document/figures.h"
#include "race/report/document/rows.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {
namespace {

// A link to a file of the race's folder that a journal names. It never leads outside that folder.
Text log_text(const std::string& log) {
  if (log.empty()) return "none";
  const bool inside = log.front() != '/' && log.find(':') == std::string::npos && log.find("..") == std::string::npos;
  return inside ? link(log, log) : Text(log);
}

Table control_table(const ControlResult& control) {
  Table table("The reference against itself",
              {{"where"},
               {"measure"},
               {"ratio (95 % interval)", Kind::kNumber},
               {"resolution", Kind::kNumber},
               {"n", Kind::kNumber},
               {"biased"}},
              "The reference did not run twice.");
  for (const auto& row : control.rows) {
    table.row({workload_text(row.model, row.mode, row.threads, row.track), measure_title(row.measure),
               ratio_number(row.ratio, row.interval), row.resolution ? percent_text(*row.resolution) : "n/a",
               fmt::format("{}", row.n),
               row.biased           ? "yes: " + row.reason
               : row.reason.empty() ? "no"
                                    : row.reason});
  }
  return table;
}

std::vector<std::string> covered(const Coverage& coverage) {
  std::vector<std::string> lines = {
      coverage.state, fmt::format("{}: {} compared, {} re-run, {} failed", plural(coverage.processes, "process"),
                                  coverage.counted, coverage.reruns, coverage.failed)};
  for (const auto& flag : coverage.flags) {
    lines.push_back(fmt::format("{} flagged \"{}\"", plural(flag.n, "process"), flag.flag));
  }
  lines.insert(lines.end(), coverage.missing.begin(), coverage.missing.end());
  return lines;
}

}  // namespace

Section noise_section(const Analysis& analysis, const Journal& journal) {
  Section section{"noise", "Resolution and machine", {}};
  section.blocks << Paragraph{
      "The reference runs twice in every round, once under another name. Half the width of the interval of their ratio "
      "is the resolution: a smaller difference cannot be seen in that workload."};
  section.blocks << control_table(analysis.control) << Heading{"machine", "Machine"};
  Definitions machine;
  for (const MachineFact& fact : kMachineFacts) {
    const std::string& value = journal.plan.machine.*fact.value;
    if (!value.empty()) machine.entries.emplace_back(fact.name, value);
  }
  if (machine.entries.empty()) {
    section.blocks << Paragraph{"The journal does not describe it.", true};
  } else {
    section.blocks << std::move(machine);
  }
  section.blocks << Heading{"covered", "What was covered"} << bullets(covered(analysis.coverage));
  return section;
}

Section warning_section(const Analysis& analysis) {
  Section section{"warnings", "Warnings", {}};
  List list;
  for (const auto& warning : analysis.warnings) {
    Text text = warning.text;
    if (!warning.remedy.empty()) text += line_break() + quiet("Remedy: " + warning.remedy);
    list.items.push_back({std::move(text), {}});
  }
  if (list.items.empty()) {
    section.blocks << Paragraph{"None.", true};
  } else {
    section.blocks << std::move(list);
  }
  return section;
}

Section failure_section(const Analysis& analysis, const Journal& journal) {
  Section section{"failures", "Failures, and contestants that are not ranked", {}};
  Table listed("Listed, not ranked", {{"contestant"}, {"model"}, {"mode"}, {"status"}, {"reason"}},
               "Every contestant could be ranked.");
  for (const auto& row : analysis.not_ranked) {
    listed.row({row.label, row.model.empty() ? "every model" : row.model,
                row.every_mode ? std::string_view("every mode") : mode_title(row.mode), word_of(row.status),
                row.reason});
  }
  Table failures("Failed processes",
                 {{"contestant"},
                  {"status"},
                  {"processes", Kind::kNumber},
                  {"reason of the first"},
                  {"its output"},
                  {"journal", Kind::kNumber}},
                 "No process failed.");
  for (const auto& cell : analysis.cells) {
    for (const auto& failure : cell.failures) {
      failures.group(workload_of(cell));
      failures.row({cell.label, word_of(failure.status), fmt::format("{}", failure.n), failure.reason,
                    log_text(failure.log), fmt::format("cell {}", cell.cell)},
                   {cell.cell});
    }
  }
  section.blocks << std::move(listed) << Heading{"failed", "Failed processes"} << std::move(failures);
  if (!journal.notes.empty()) {
    std::vector<std::string> notes;
    for (const auto& note : journal.notes) notes.push_back(note_text(note));
    section.blocks << Heading{"notes", "Notes of the race"} << bullets(notes);
  }
  return section;
}

Section drift_section(const Analysis& analysis) {
  Section section{"drift", "Drift of the machine", {}};
  const auto& drift = analysis.drift;
  if (drift.last_third_over_first) {
    section.blocks << Paragraph{
        fmt::format("The last third of the rounds against the first: {}{} (median over processes).",
                    *drift.last_third_over_first > 0 ? "+" : "", percent_text(*drift.last_third_over_first))};
  }
  if (drift.steal_share) {
    section.blocks << Paragraph{
        fmt::format("Time stolen by the host: {} of the processes' time.", percent_text(*drift.steal_share))};
  }
  auto plots = drift_plots(analysis);
  if (plots.empty()) section.blocks << Paragraph{"No process of a round was measured.", true};
  add_plots(section.blocks, std::move(plots));
  return section;
}

}  // namespace kite::race
