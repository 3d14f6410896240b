// SPDX-License-Identifier: Apache-2.0
// For tests: every plot with unusual data, such as no values, equal values or hostile text.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "race/report/plots/plots.h"

namespace kite::race {

inline std::vector<Plot> degenerate_plots() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::string hostile = "<script>alert(\"1\")</script> & 'co' \x01\xFF, a name longer than any column is wide";
  const std::vector<std::vector<double>> cases = {
      {}, {0}, {1}, {5, 5, 5, 5}, {1e-9, 1e9}, {nan, 1}, {inf, -inf, 2}, {-1, 0, 1}, {1e-300, 1e300}};
  std::vector<Plot> plots;
  for (const auto& values : cases) {
    const PlotWords words{"plot-" + std::to_string(plots.size()), hostile, hostile};
    ForestData forest{words, 0.02, {}};
    DistributionData distribution{words, "ms", {{hostile, 0, values, {}}, {hostile, 1, values, {values, values}}}};
    SequenceData sequence{words, {{hostile, 0, {{0, 2, "flat", values}}}, {"none", 1, {}}}};
    PhaseData phases{words, {"start", "load"}, {}};
    ScalingData scaling{words, {{hostile, 0, {}}}};
    ParetoData pareto{words, {}};
    DriftData drift{words, {}};
    ParityData parity{words, 1e-3, {{hostile, 0, true, values}}};
    FlameData flame{words, "samples", {hostile, values.empty() ? 0 : values[0], {}}};
    MemoryData memory{words, {{hostile, 0, {}}}};
    StandingData standings{words, {{hostile, {{hostile, {}, {}}, {hostile, {}, {}, true}}, {}}, {}}};
    for (const double value : values) {
      standings.groups[0].panels[0].reference = standings.groups[0].panels[0].resolution = value;
      standings.groups[0].rows.push_back(
          {hostile, hostile, hostile, {{value, value, inf, hostile, std::nullopt, hostile}}});
      standings.groups[0].rows.push_back(
          {"", "", "", {{value, {}, {}, "", {}, ""}, {value, value, value, hostile, Verdict::kFaster, ""}, {}}});
      forest.rows.push_back({hostile, hostile, value, value, inf, Verdict::kFaster, "", 1});
      forest.rows.push_back({hostile, hostile, 1, value, value, std::nullopt, hostile, -1});
      phases.rows.push_back({hostile, {value}});
      scaling.series[0].points.push_back({static_cast<std::int32_t>(scaling.series[0].points.size()), 1, value});
      pareto.points.push_back({hostile, 3, value, value});
      pareto.points.push_back({hostile, 3, 1, value});
      drift.cells.push_back({0, static_cast<std::int32_t>(drift.cells.size()) - 1, value});
      flame.root.calls.push_back({hostile, value, {}});
      memory.series[0].points.push_back({value, value});
    }
    for (auto plot : {forest_plot(forest), distribution_plot(distribution), run_sequence_plot(sequence),
                      phase_plot(phases), standings_plot(standings), scaling_plot(scaling), pareto_plot(pareto),
                      drift_plot(drift), parity_plot(parity), flame_plot(flame), memory_plot(memory)}) {
      plots.push_back(std::move(plot));
    }
  }
  return plots;
}

}  // namespace kite::race
