// SPDX-License-Identifier: Apache-2.0
// Forecasts which differences a race would see on a machine, from a series of fixed work and by the rules
// of the race itself.
#pragma once

#include <cstdint>
#include <optional>

#include "race/stats/work_series.h"

namespace kite::race {

// Standard deviation of ln(time) between processes of one program on a machine without noise. It comes from where the
// memory of a process happens to be, so fixed work in one process cannot show it. Measured as the spread of fresh
// processes within sets of heats (one thread), and over repeated runs of whole programs that classify pictures. A race
// measures its own.
inline constexpr double kBetweenSteadyProcesses = 0.009, kBetweenWholePrograms = 0.031;

struct HeatForecast {
  std::int32_t sets = 0;
  double seconds = 0;
  double noise_sd = 0;    // of a set's ln ratio, caused by the machine alone
  double resolution = 0;  // half the expected width of the control's interval: 0.01 is 1 %
};
// The forecast for a heat of the reference, its control and one contestant, which may take `seconds` (0: no limit). It
// is planned by plan_heats(); its sets are played with the series by play_set() and valued by block_ratio(); it has
// about as many sets as needs_another_set() will ask for. Absent: the series is shorter than three sets.
[[nodiscard]] std::optional<HeatForecast> forecast_heat(const WorkSeries& series, double seconds);

// The forecast for rounds of whole programs about a second apart (kDistances), each between two processes of the
// reference. Absent: the series is too short.
[[nodiscard]] std::optional<double> forecast_rounds(const WorkSeries& series, std::int32_t rounds);

}  // namespace kite::race
