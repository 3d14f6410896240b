// SPDX-License-Identifier: Apache-2.0
// hyperfine's JSON; its keys as of hyperfine 1.19, which adds memory_usage_byte to those of 1.15.
#include <fmt/format.h>

#include "race/journal/words.h"
#include "race/report/exports/exports.h"
#include "race/report/exports/json_text.h"

namespace kite::race {

std::string hyperfine_json(const Analysis& analysis, const Journal& journal) {
  Json results = Json::array();
  for (const auto& cell : analysis.cells) {
    const auto& wall = cell.measures[static_cast<std::size_t>(Measure::kWall)];
    if (cell.mode != Mode::kOneshot || !wall) continue;
    const auto mean = [&](Measure measure) {
      const auto& spread = cell.measures[static_cast<std::size_t>(measure)];
      return spread ? Json(spread->mean / 1e3) : Json(nullptr);
    };
    Json times = Json::array(), memory = Json::array(), exit_codes = Json::array();
    for (const auto& values : cell.processes) {
      const auto& time = values.values[static_cast<std::size_t>(Measure::kWall)];
      if (!values.counted || !time) continue;
      const auto& process = journal.processes[values.process];
      times.push_back(*time / 1e3);
      memory.push_back(process.peak_rss_bytes);
      exit_codes.push_back(process.exit_code);
    }
    Json entry;
    entry["command"] = fmt::format("{}: {} ({})", cell.label, cell.model, threads_text(cell.threads));
    entry["mean"] = wall->mean / 1e3;
    entry["stddev"] = wall->n > 1 ? Json(wall->sd / 1e3) : Json(nullptr);
    entry["median"] = wall->median / 1e3;
    entry["user"] = mean(Measure::kUser);
    entry["system"] = mean(Measure::kSystem);
    entry["min"] = wall->min / 1e3;
    entry["max"] = wall->max / 1e3;
    entry["times"] = std::move(times);
    entry["memory_usage_byte"] = std::move(memory);
    entry["exit_codes"] = std::move(exit_codes);
    entry["parameters"] = Json{{"contestant", cell.id},
                               {"model", cell.model},
                               {"threads", fmt::format("{}", cell.threads)},
                               {"track", std::string(word_of(cell.track))}};
    results.push_back(std::move(entry));
  }
  return json_text(Json{{"results", std::move(results)}});
}

}  // namespace kite::race
