// SPDX-License-Identifier: Apache-2.0
// pyperf's JSON, the only common format in which values belong to processes.
#include <fmt/format.h>

#include <cmath>

#include "race/journal/words.h"
#include "race/report/exports/exports.h"
#include "race/report/exports/json_text.h"

namespace kite::race {
namespace {

Json run_of(const CellSummary& cell, const ProcessValues& values, const ProcessRecord& process) {
  Json run;
  Json warm_ups = Json::array(), steady = Json::array();
  if (cell.mode == Mode::kOneshot) {
    steady.push_back(static_cast<double>(process.wall_ns) / 1e9);
  } else {
    const std::size_t begin = 1 + static_cast<std::size_t>(values.cut);
    for (std::size_t i = 0; i < process.samples.size(); ++i) {
      const double seconds = process.samples[i].ms / 1e3;
      if (!std::isfinite(seconds) || seconds <= 0) continue;
      if (i < begin) {
        warm_ups.push_back(Json::array({1, seconds}));
      } else {
        steady.push_back(seconds);
      }
    }
  }
  if (!warm_ups.empty()) run["warmups"] = std::move(warm_ups);
  run["values"] = std::move(steady);
  return run;
}

}  // namespace

std::string pyperf_json(const Analysis& analysis, const Journal& journal) {
  Json benchmarks = Json::array();
  for (const auto& cell : analysis.cells) {
    Json runs = Json::array();
    for (const auto& values : cell.processes) {
      if (!values.counted || !values.values[static_cast<std::size_t>(main_measure(cell.mode))]) continue;
      Json run = run_of(cell, values, journal.processes[values.process]);
      if (!run["values"].empty()) runs.push_back(std::move(run));
    }
    if (runs.empty()) continue;
    Json metadata;
    metadata["name"] = fmt::format("{}/{}/{}/{}t", word_of(cell.mode), cell.model, cell.id, cell.threads);
    metadata["description"] = fmt::format("{}, {}", cell.label, mode_title(cell.mode));
    metadata["loops"] = 1;
    benchmarks.push_back(Json{{"metadata", std::move(metadata)}, {"runs", std::move(runs)}});
  }
  return json_text(
      Json{{"version", "1.0"}, {"metadata", Json{{"unit", "second"}}}, {"benchmarks", std::move(benchmarks)}});
}

}  // namespace kite::race
