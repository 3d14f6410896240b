// SPDX-License-Identifier: Apache-2.0
// What `kite doctor --noise` says about a series of fixed work: as text, as JSON and as a picture.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "race/report/document/document.h"
#include "race/report/plots/plot.h"
#include "race/schedule/forecast.h"
#include "race/stats/work_series.h"

namespace kite::race {

struct RoundsForecast {
  std::int32_t rounds = 0;
  double resolution = 0;
};

// The findings for one number of threads.
struct NoiseFound {
  WorkSeries series;
  std::vector<WorkPairs> distances;  // those for which the series is long enough
  std::vector<HeatForecast>
      heats;  // a heat of a minute, and one of ten if it needs more sets; empty: the series is too short
  std::vector<RoundsForecast> rounds;
};
[[nodiscard]] NoiseFound noise_of(WorkSeries series);

[[nodiscard]] Blocks noise_blocks(const std::vector<NoiseFound>& all, const std::string& comment, std::size_t columns);
[[nodiscard]] std::string noise_json(const std::vector<NoiseFound>& all, const std::string& comment);
// The ratios of all pairs, with one row for each distance.
[[nodiscard]] Plot noise_plot(const std::vector<NoiseFound>& all, const std::string& comment);

}  // namespace kite::race
