// SPDX-License-Identifier: Apache-2.0
// Which differences a race would see on a machine, before it is run: from a series of fixed work, by the rules of the
// race itself.
#pragma once

#include <cstdint>
#include <optional>

#include "race/stats/work_series.h"

namespace kite::race {

// How far processes of one program lie apart in ln on a machine without noise, by where their memory came to lie: fixed
// work in one process cannot show it. Measured as the spread of fresh processes within sets of heats (one thread), and
// over repeated runs of whole programs that classify pictures; a race measures its own.
inline constexpr double kBetweenSteadyProcesses = 0.009, kBetweenWholePrograms = 0.031;

struct HeatForecast {
  std::int32_t sets = 0;
  double seconds = 0;
  double noise_sd = 0;    // of a set's ln ratio, by the machine alone
  double resolution = 0;  // half the width that the control's interval is expected to have: 0.01 is 1 %
};
// A heat of the reference, its control and one contestant that may take `seconds` (0: as long as it likes): planned by
// plan_heats(), its sets played with the series by play_set(), valued by block_ratio(), about as many as
// needs_another_set() will ask for. Absent where the series does not hold three sets.
[[nodiscard]] std::optional<HeatForecast> forecast_heat(const WorkSeries& series, double seconds);

// Rounds of whole programs about a second apart (kDistances), each between two of the reference. Absent where the
// series is too short.
[[nodiscard]] std::optional<double> forecast_rounds(const WorkSeries& series, std::int32_t rounds);

}  // namespace kite::race
