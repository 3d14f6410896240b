// SPDX-License-Identifier: Apache-2.0
// Fills the plots' plain structs from the analysis.
#include "race/report/document/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "race/journal/words.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/text.h"

namespace kite::race {
namespace {

using CellList = std::vector<const CellSummary*>;

// The cells of a mode that are shown together in one plot, in the plan's order.
std::vector<std::pair<std::string, CellList>> workloads(const Analysis& analysis, Mode mode) {
  std::vector<std::pair<std::string, CellList>> found;
  for (const auto& cell : analysis.cells) {
    if (cell.mode != mode) continue;
    const std::string workload = workload_text(cell.model, cell.mode, cell.threads, cell.track);
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == workload; });
    if (at == found.end()) at = found.insert(found.end(), {workload, {}});
    at->second.push_back(&cell);
  }
  return found;
}

PlotWords words_of(std::string_view kind, Mode mode, std::size_t number, std::string title, std::string description) {
  return {fmt::format("{}-{}-{}", kind, word_of(mode), number), std::move(title), std::move(description)};
}

std::string sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string label_of(const CellSummary& cell) { return cell.control ? "the reference again (A/A)" : cell.label; }

bool is_equal(const Analysis& analysis, const CellSummary& cell) {
  return std::none_of(analysis.parity.begin(), analysis.parity.end(), [&](const ParityRow& row) {
    return row.label == cell.label && row.model == cell.model && row.mode == cell.mode && !row.equal;
  });
}

}  // namespace

std::vector<Plot> forest_plots(const Analysis& analysis, Mode mode) {
  ForestData data;
  data.margin = analysis.margin;
  data.words = words_of(
      "forest", mode, 1, fmt::format("Ratios, {}.", mode_title(mode)),
      fmt::format("{} against {}, with 95 % intervals. The band is the margin of {}: an interval wholly left of it is "
                  "faster, wholly right slower, wholly inside equivalent.",
                  sentence(measure_title(main_measure(mode))), analysis.reference_label,
                  percent_text(analysis.margin)));
  for (const auto& row : analysis.comparisons) {
    if (row.mode != mode || row.measure != main_measure(mode)) continue;
    const auto end = [&](double Range::* side) {
      return row.interval ? std::optional((*row.interval).*side) : std::nullopt;
    };
    std::string workload =
        row.model + ", " + (row.track == Track::kDefault ? "as installed" : threads_text(row.threads));
    data.rows.push_back({std::move(workload), row.label, row.verdict ? row.ratio : std::nullopt, end(&Range::low),
                         end(&Range::high), row.verdict, row.why_not, row.n});
  }
  std::stable_sort(data.rows.begin(), data.rows.end(),
                   [](const ForestRow& a, const ForestRow& b) { return a.group < b.group; });
  if (data.rows.empty()) return {};
  return {forest_plot(data)};
}

std::vector<Plot> distribution_plots(const Analysis& analysis, const Journal& journal, Mode mode) {
  std::vector<Plot> plots;
  for (const auto& [workload, cells] : workloads(analysis, mode)) {
    DistributionData data;
    data.axis = std::string(measure_title(main_measure(mode))) + ", ms";
    data.words =
        words_of("distribution", mode, plots.size() + 1, fmt::format("Distribution, {}.", workload),
                 mode == Mode::kOneshot
                     ? "Each dot is one process; the curve is the share of processes that took at most this time."
                     : "Each curve is one process: the share of its steady samples that took at most this time, "
                       "from 1 % to 99 %. Dots are the medians of the processes; the line is the median of these.");
    for (const auto* cell : cells) {
      DistributionRow row{label_of(*cell), cell->contestant, {}, {}};
      for (const auto& process : cell->processes) {
        const auto& value = process.values[static_cast<std::size_t>(main_measure(mode))];
        if (!process.counted || !value) continue;
        row.medians.push_back(*value);
        if (mode != Mode::kOneshot)
          row.samples.push_back(steady_samples(journal.processes[process.process], process.cut));
      }
      if (!row.medians.empty()) data.rows.push_back(std::move(row));
    }
    if (!data.rows.empty()) plots.push_back(distribution_plot(data));
  }
  return plots;
}

std::vector<Plot> sequence_plots(const Analysis& analysis, const Journal& journal, Mode mode) {
  std::vector<Plot> plots;
  for (const auto& [workload, cells] : workloads(analysis, mode)) {
    SequenceData data;
    data.words =
        words_of("sequence", mode, plots.size() + 1, fmt::format("Run sequence, {}.", workload),
                 "Every iteration in order, of up to four processes for each contestant; each panel has its own scale. "
                 "Iterations left of a dashed line are warm-up and not part of the steady figure.");
    for (const auto* cell : cells) {
      SequenceRow row{label_of(*cell), cell->contestant, {}};
      for (const auto& process : cell->processes) {
        const auto& record = journal.processes[process.process];
        if (!process.counted || record.samples.empty()) continue;
        SequenceProcess line{
            record.round, process.cut, std::string(process.warm_up ? steadiness_name(*process.warm_up) : ""), {}};
        for (const auto& sample : record.samples) line.ms.push_back(sample.ms);
        row.processes.push_back(std::move(line));
      }
      if (!row.processes.empty()) data.rows.push_back(std::move(row));
    }
    if (!data.rows.empty()) plots.push_back(run_sequence_plot(data));
  }
  return plots;
}

std::vector<Plot> phase_plots(const Analysis& analysis, Mode mode) {
  static constexpr std::array<const char*, 3> kSpans = {"start", "load", "first"};
  std::vector<Plot> plots;
  for (const auto& [workload, cells] : workloads(analysis, mode)) {
    PhaseData data;
    data.names = {"exec, language, imports", "model load", "first inference", "one steady inference"};
    data.words = words_of("phases", mode, plots.size() + 1, fmt::format("From exec to an answer, {}.", workload),
                          "Medians over processes. The last phase is one inference after warm-up, so that contestants "
                          "with different numbers of samples can be compared.");
    for (const auto* cell : cells) {
      PhaseRow row{label_of(*cell), {}};
      for (const char* name : kSpans) {
        std::optional<double> ms;
        for (const auto& span : cell->phases) {
          if (span.name == name) ms = span.ms;
        }
        row.ms.push_back(ms);
      }
      const auto& steady = spread(*cell, Measure::kP50);
      row.ms.push_back(steady ? std::optional(steady->median) : std::nullopt);
      if (!cell->phases.empty()) data.rows.push_back(std::move(row));
    }
    if (!data.rows.empty()) plots.push_back(phase_plot(data));
  }
  return plots;
}

std::vector<Plot> pareto_plots(const Analysis& analysis, Mode mode) {
  std::vector<Plot> plots;
  for (const auto& [workload, cells] : workloads(analysis, mode)) {
    ParetoData data;
    data.words = words_of("pareto", mode, plots.size() + 1, fmt::format("Time against peak memory, {}.", workload),
                          "Medians over processes; lower left is better. A contestant is on the stepped line if no "
                          "other one is better in both; contestants that are not equal cannot be on it.");
    for (const auto* cell : cells) {
      const auto& time = spread(*cell, main_measure(mode));
      const auto& memory = spread(*cell, Measure::kPeakRss);
      if (time && memory && !cell->control) {
        data.points.push_back(
            {cell->label, cell->contestant, time->median, memory->median / kBytesPerMib, is_equal(analysis, *cell)});
      }
    }
    if (!data.points.empty()) plots.push_back(pareto_plot(data));
  }
  return plots;
}

std::vector<Plot> scaling_plots(const Analysis& analysis) {
  std::vector<std::pair<std::string, ScalingData>> found;
  for (const auto& row : analysis.scaling) {
    const std::string workload = fmt::format("{}, {}", row.model, mode_title(row.mode));
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == workload; });
    if (at == found.end()) {
      at = found.insert(found.end(), {workload, {}});
      at->second.words = {fmt::format("threads-{}", found.size()), fmt::format("Time against threads, {}.", workload),
                          "Medians over processes; fewer milliseconds are better."};
    }
    std::size_t series = at->second.series.size();
    for (const auto& cell : analysis.cells) {
      if (cell.label == row.label && !cell.control) series = cell.contestant;
    }
    ScalingSeries line{row.label, series, {}};
    for (const auto& point : row.points) line.points.push_back({point.threads, point.n, point.ms});
    at->second.series.push_back(std::move(line));
  }
  std::vector<Plot> plots;
  for (const auto& entry : found) plots.push_back(scaling_plot(entry.second));
  return plots;
}

std::vector<Plot> drift_plots(const Analysis& analysis) {
  if (analysis.drift.points.empty()) return {};
  DriftData data;
  data.words = {"drift-map", "Drift.",
                "Every process of the race at its round and position, coloured by its deviation from the median of its "
                "own cell. A machine that became slower shows as rows, an effect of the order as columns; speckle is "
                "noise."};
  for (const auto& point : analysis.drift.points) data.cells.push_back({point.round, point.position, point.relative});
  return {drift_plot(data)};
}

std::vector<Plot> parity_plots(const Analysis& analysis, const Journal& journal) {
  std::vector<std::pair<std::string, ParityData>> found;
  for (const auto& row : analysis.parity) {
    const auto& record = journal.parity[row.record];
    if (row.mode != Mode::kNoPre || record.differences.empty()) continue;
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == row.model; });
    if (at == found.end()) {
      at = found.insert(found.end(), {row.model, {}});
      at->second.words = {
          fmt::format("parity-{}", found.size()), fmt::format("Parity, {}.", row.model),
          fmt::format("Each dot is one picture, the same input for all: how far the contestant's outputs "
                      "are from those of {}. A contestant with a dot right of the limit is not ranked in "
                      "any mode.",
                      record.judge)};
    }
    std::size_t series = at->second.rows.size();
    for (std::size_t i = 0; i < journal.plan.contestants.size(); ++i) {
      if (journal.plan.contestants[i].id == record.contestant) series = i;
    }
    at->second.rows.push_back({row.label, series, row.equal, {record.differences.begin(), record.differences.end()}});
  }
  std::vector<Plot> plots;
  for (const auto& entry : found) plots.push_back(parity_plot(entry.second));
  return plots;
}

}  // namespace kite::race
