// SPDX-License-Identifier: Apache-2.0
// Writes the tables of report.md.
#include "race/report/render/markdown_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"
#include "race/report/render/markdown_table.h"

namespace kite::race {
namespace {

constexpr const char* kNothing = "Nothing was measured for this table.";

const std::optional<Spread>& of(const CellSummary& cell, Measure measure) {
  return cell.measures[static_cast<std::size_t>(measure)];
}

std::string median_text(const CellSummary& cell, Measure measure) {
  const auto& spread = of(cell, measure);
  return spread ? value_text(measure, spread->median) : "n/a";
}

// The column "threads" of a cell or a comparison.
template <typename Row>
std::string threads_cell(const Row& row) {
  if (row.track == Track::kDefault) return "as installed";
  return row.threads == 0 ? "the library's own" : fmt::format("{}", row.threads);
}

// "faster" of memory reads oddly to people.
std::string verdict_word(const Comparison& row) {
  if (!is_memory(row.measure)) return row.verdict;
  return row.verdict == "faster" ? "smaller" : row.verdict == "slower" ? "larger" : row.verdict;
}

std::vector<std::string> cells_of(const Comparison& row, const std::string& second) {
  return {row.model,
          std::string(mode_title(row.mode)),
          std::string(measure_title(row.measure)),
          row.label,
          second,
          threads_cell(row),
          value_text(row.measure, row.value),
          value_text(row.measure, row.reference_value),
          row.ratio ? ratio_text(*row.ratio) : "n/a",
          row.interval ? range_text(*row.interval) : "n/a",
          fmt::format("{}", row.n),
          row.verdict.empty() ? row.why_not : verdict_word(row)};
}

std::string counter_text(const CounterSummary& counter) {
  if (counter.unit == "ns") return ms_text(*counter.value / 1e6);
  return *counter.value >= 1e6 ? fmt::format("{:.4g}", *counter.value) : digits(*counter.value);
}

std::string opt(const std::optional<double>& ratio) { return ratio ? ratio_text(*ratio) : "n/a"; }
std::string opt(const std::optional<Range>& range) { return range ? range_text(*range) : "n/a"; }

}  // namespace

std::string verdict_table(const Analysis& analysis) {
  MarkdownTable table(
      {"model", "mode", "contestant", "threads", "median", "reference", "ratio", "interval", "n", "parity", "verdict"});
  for (const auto& row : analysis.comparisons) {
    if (row.measure != main_measure(row.mode)) continue;
    auto cells = cells_of(row, "");
    cells.insert(cells.end() - 1, parity_word(analysis, row));
    cells.erase(cells.begin() + 4);
    cells.erase(cells.begin() + 2);
    table.add(std::move(cells));
  }
  return table.text("No contestant could be compared with the reference.");
}

std::string every_verdict_table(const Analysis& analysis) {
  MarkdownTable table({"model", "mode", "measure", "contestant", "threads", "median", "reference", "ratio", "interval",
                       "n", "verdict"});
  for (const auto& row : analysis.comparisons) {
    auto cells = cells_of(row, "");
    cells.erase(cells.begin() + 4);
    table.add(std::move(cells));
  }
  return table.text("No contestant could be compared with the reference.");
}

std::string best_table(const std::vector<Comparison>& rows) {
  MarkdownTable table({"model", "mode", "measure", "contestant's best form", "reference's best form", "threads",
                       "median", "reference", "ratio", "interval", "n", "verdict"});
  for (const auto& row : rows) table.add(cells_of(row, row.reference_label));
  return table.text("No contestant has a second form.");
}

std::string control_table(const ControlResult& control) {
  MarkdownTable table({"model", "mode", "measure", "threads", "ratio", "interval", "n", "floor", "sound"});
  for (const auto& row : control.rows) {
    table.add({row.model, std::string(mode_title(row.mode)), std::string(measure_title(row.measure)),
               fmt::format("{}", row.threads), opt(row.ratio), opt(row.interval), fmt::format("{}", row.n),
               row.floor ? percent_text(*row.floor) : "n/a", row.sound ? "yes" : row.reason});
  }
  return table.text(control.reason.empty() ? kNothing : control.reason);
}

std::string whole_process_table(const Analysis& analysis) {
  MarkdownTable table({"model", "contestant", "threads", "mean", "sd", "median", "min..max", "to answer", "user",
                       "system", "CPUs used", "runs"});
  for (const auto& cell : analysis.cells) {
    const auto& wall = of(cell, Measure::kWall);
    if (cell.mode != Mode::kOneshot || !wall) continue;
    table.add({cell.model, cell.label, threads_cell(cell), ms_text(wall->mean), wall->n > 1 ? ms_text(wall->sd) : "n/a",
               ms_text(wall->median), fmt::format("{} .. {}", ms_text(wall->min), ms_text(wall->max)),
               median_text(cell, Measure::kLabel), median_text(cell, Measure::kUser),
               median_text(cell, Measure::kSystem), cell.cpus_used ? digits(cell.cpus_used->median) : "n/a",
               fmt::format("{}", wall->n)});
  }
  return table.text(kNothing);
}

std::string phase_table(const Analysis& analysis) {
  MarkdownTable table(
      {"model", "contestant", "mode", "threads", "exec, language, imports", "load", "first", "steady", "exit"});
  for (const auto& cell : analysis.cells) {
    if (cell.phases.empty() || cell.mode == Mode::kOneshot) continue;
    std::map<std::string, double> spans;
    for (const auto& span : cell.phases) spans[span.name] = span.ms;
    std::vector<std::string> row = {cell.model, cell.label, std::string(mode_title(cell.mode)), threads_cell(cell)};
    for (const char* name : {"start", "load", "first", "steady", "exit"}) {
      const auto found = spans.find(name);
      row.push_back(found == spans.end() ? "n/a" : ms_text(found->second));
    }
    table.add(std::move(row));
  }
  return table.text(kNothing);
}

std::string launcher_table(const Analysis& analysis) {
  MarkdownTable table({"model", "through the launcher", "with it", "without", "cost", "n"});
  const auto ms = [](const std::optional<double>& value) { return value ? ms_text(*value) : "n/a"; };
  for (const auto& row : analysis.launchers) {
    table.add({row.model, row.label, ms(row.through_ms), ms(row.direct_ms), ms(row.cost_ms), fmt::format("{}", row.n)});
  }
  return table.text("No contestant ran through a launcher: every one is started directly.");
}

std::string isolated_table(const Analysis& analysis, Mode mode) {
  MarkdownTable table({"model", "contestant", "threads", "steady (median of processes)", "min..max of processes",
                       "first", "load", "warm-up", "processes"});
  for (const auto& cell : analysis.cells) {
    const auto& p50 = of(cell, Measure::kP50);
    if (cell.mode != mode || !p50) continue;
    std::vector<std::string> classes;
    for (const auto& warm_up : cell.warm_ups) classes.push_back(fmt::format("{} {}", warm_up.n, warm_up.name));
    table.add({cell.model, cell.label, threads_cell(cell), ms_text(p50->median),
               fmt::format("{} .. {}", ms_text(p50->min), ms_text(p50->max)), median_text(cell, Measure::kFirst),
               median_text(cell, Measure::kLoad), joined(classes, ", "), fmt::format("{}", p50->n)});
  }
  return table.text(kNothing);
}

std::string percentile_table(const Analysis& analysis) {
  MarkdownTable table({"model", "contestant", "mode", "threads", "p90", "p95", "p99", "p99.9"});
  for (const auto& cell : analysis.cells) {
    if (cell.percentiles.empty()) continue;
    std::vector<std::string> row = {cell.model, cell.label, std::string(mode_title(cell.mode)), threads_cell(cell)};
    for (const auto& percentile : cell.percentiles) {
      row.push_back(percentile.ms ? ms_text(*percentile.ms)
                                  : fmt::format("needs n >= {}, has {}", percentile.needs, percentile.samples));
    }
    table.add(std::move(row));
  }
  return table.text(kNothing);
}

std::string memory_table(const Analysis& analysis) {
  MarkdownTable table({"model", "contestant", "mode", "threads", "peak RSS", "instrument's floor", "mark", "anonymous",
                       "file-backed", "PSS", "peak anonymous", "n"});
  for (const auto& cell : analysis.cells) {
    const auto& peak = of(cell, Measure::kPeakRss);
    if (!peak) continue;
    std::vector<std::string> row = {cell.model,
                                    cell.label,
                                    std::string(mode_title(cell.mode)),
                                    threads_cell(cell),
                                    mib_text(peak->median),
                                    cell.peak_rss_floor_bytes > 0 ? mib_text(cell.peak_rss_floor_bytes) : "n/a"};
    if (cell.marks.empty()) {
      row.insert(row.end(), {"none", "n/a", "n/a", "n/a"});
    } else {
      const auto told = [](double bytes) { return bytes > 0 ? mib_text(bytes) : std::string("n/a"); };
      const auto& mark = cell.marks.back();
      row.insert(row.end(), {mark.name, told(mark.rss_anon_bytes), told(mark.rss_file_bytes), told(mark.pss_bytes)});
    }
    row.push_back(median_text(cell, Measure::kPeakAnon));
    row.push_back(fmt::format("{}", peak->n));
    table.add(std::move(row));
  }
  return table.text(kNothing) +
         "Peak RSS is the kernel's own for the process; the floor is what an empty program shows. Peak heap is another "
         "instrument's number and not taken here.\n\n";
}

std::string counter_tables(const Analysis& analysis) {
  std::string out;
  std::map<std::string, int> reasons;
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    std::vector<std::string> columns = {"model", "contestant", "threads"};
    for (const auto& cell : analysis.cells) {
      if (cell.mode != mode) continue;
      for (const auto& counter : cell.counters) {
        if (std::find(columns.begin(), columns.end(), counter.name) == columns.end()) columns.push_back(counter.name);
      }
    }
    MarkdownTable table(columns);
    for (const auto& cell : analysis.cells) {
      if (cell.mode != mode || cell.counters.empty()) continue;
      std::vector<std::string> row = {cell.model, cell.label, threads_cell(cell)};
      for (std::size_t i = 3; i < columns.size(); ++i) {
        std::string text = "n/a";
        for (const auto& counter : cell.counters) {
          if (counter.name != columns[i]) continue;
          if (counter.value) text = counter_text(counter);
          if (counter.reason.empty()) continue;
          const auto number = reasons.try_emplace(counter.reason, static_cast<int>(reasons.size()) + 1).first->second;
          text += fmt::format(" ({})", number);
        }
        row.push_back(text);
      }
      table.add(std::move(row));
    }
    if (!table.empty()) out += fmt::format("Mode: {}. Medians over processes.\n\n{}", mode_title(mode), table.text(""));
  }
  if (out.empty()) return std::string(kNothing) + "\n\n";
  std::map<int, std::string> numbered;
  for (const auto& [reason, number] : reasons) numbered[number] = reason;
  for (const auto& [number, reason] : numbered) out += fmt::format("({}) {}  \n", number, markdown_safe(reason));
  return out + '\n';
}

std::string variant_table(const Analysis& analysis) {
  MarkdownTable table({"model", "mode", "measure", "variant", "plain form", "threads", "median", "plain", "ratio",
                       "interval", "n", "verdict"});
  for (const auto& row : analysis.variants) table.add(cells_of(row.comparison, row.comparison.reference_label));
  return table.text("No contestant has variants in this race.");
}

std::string scaling_table(const Analysis& analysis) {
  MarkdownTable table({"model", "contestant", "mode", "threads", "median", "speed-up", "efficiency", "CPUs used", "n"});
  for (const auto& row : analysis.scaling) {
    for (const auto& point : row.points) {
      table.add({row.model, row.label, std::string(mode_title(row.mode)), fmt::format("{}", point.threads),
                 ms_text(point.ms), digits(point.speedup), percent_text(point.efficiency),
                 point.cpus_used ? digits(*point.cpus_used) : "n/a", fmt::format("{}", point.n)});
    }
  }
  return table.text("One number of threads was raced, so there is no scaling to show.");
}

std::string language_table(const Analysis& analysis) {
  MarkdownTable table({"runtime", "model", "threads", "part", "contestant", "time", "against", "time", "ratio",
                       "interval", "n", "verdict"});
  const auto ms = [](const std::optional<double>& value) { return value ? ms_text(*value) : "n/a"; };
  for (const auto& row : analysis.languages) {
    table.add({row.runtime, row.model, fmt::format("{}", row.threads), row.part, row.label, ms(row.ms),
               row.reference_label, ms(row.reference_ms), opt(row.ratio), opt(row.interval), fmt::format("{}", row.n),
               row.verdict});
  }
  return table.text("No runtime was raced from two languages.");
}

std::string parity_table(const Analysis& analysis, const Journal& journal) {
  MarkdownTable table({"model", "contestant", "mode", "pictures", "largest logit difference", "of the largest logit",
                       "top-1 agreement", "input values that differ", "equal"});
  for (const auto& row : analysis.parity) {
    const auto& record = journal.parity[row.record];
    const bool pre = record.mode == Mode::kIncPre;
    table.add({row.model, row.label, std::string(mode_title(row.mode)), fmt::format("{}", record.pictures),
               std::isfinite(record.max_logit_difference) ? fmt::format("{:.3g}", record.max_logit_difference) : "n/a",
               record.largest_logit > 0 && std::isfinite(record.max_logit_difference)
                   ? fmt::format("{:.2g}", record.max_logit_difference / record.largest_logit)
                   : "n/a",
               percent_text(record.top1_agreement), pre ? percent_text(record.differing_tensor_share) : "same input",
               row.equal ? "yes" : "no: " + row.text});
  }
  return table.text("Parity was not checked, so nobody may be ranked.");
}

}  // namespace kite::race
