// SPDX-License-Identifier: Apache-2.0
// Two variances are added: what the machine does to a set or a round, and what differs between its processes.
#include "race/schedule/forecast.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "race/pairing/blocks.h"
#include "race/schedule/heat_plan.h"
#include "race/schedule/played_set.h"
#include "race/stats/variance.h"

namespace kite::race {
namespace {

constexpr std::size_t kFewestSetsPlayed = 3;
// The sets that are played begin this share of a set after one another. They overlap, which uses the series better than
// sets one after another.
constexpr std::size_t kPlacesPerSet = 4;
constexpr double kRoundDistanceS = 1;

double with_processes(double noise_sd, double process_sd, double processes) {
  return std::sqrt(noise_sd * noise_sd + processes * process_sd * process_sd);
}

// The standard deviation of ln(control / reference) over sets, if both processes are equally fast.
std::optional<double> set_noise_sd(const WorkSeries& series, const HeatRecord& heat) {
  const std::vector<double> alike(heat.cells.size(), 1.0);
  const std::size_t length = heat.cells.size() * static_cast<std::size_t>(heat.cycles + 1);
  if (series.blocks.size() < kFewestSetsPlayed * length) return std::nullopt;
  std::vector<double> ratios;
  std::uint64_t seed = 0;
  for (std::size_t first = 0; first + length <= series.blocks.size();
       first += std::max<std::size_t>(length / kPlacesPerSet, 1)) {
    const SetRecord set = play_set(series, first, alike, heat.cycles, ++seed);
    const BlockRatio ratio = block_ratio(blocks_of(set, set.processes), 1, 0, false);
    if (ratio.log_ratio) ratios.push_back(*ratio.log_ratio);
  }
  return ratios.size() < kFewestSetsPlayed ? std::nullopt : std::optional(standard_deviation(ratios));
}

double expected_resolution(double sd, std::int32_t n) {
  return std::expm1(expected_half_width(sd, n, kHeatConfidence));
}

}  // namespace

std::optional<HeatForecast> forecast_heat(const WorkSeries& series, double seconds) {
  HeatQuestion question;
  question.line_ups = {{"", 0, 1, {2}}};
  question.costs.resize(3);
  question.heat_seconds = seconds;
  const HeatRecord heat = plan_heats(question).heats.front();
  const auto noise_sd = set_noise_sd(series, heat);
  if (!noise_sd) return std::nullopt;
  HeatForecast forecast;
  forecast.noise_sd = *noise_sd;
  const double sd = with_processes(*noise_sd, kBetweenSteadyProcesses, 2);
  const double set_s = set_seconds(heat, question);
  forecast.sets = rounds_for_half_width(sd, kTargetResolution, kHeatConfidence, heat.fewest, heat.sets);
  if (heat.seconds > 0) {
    forecast.sets =
        std::clamp(static_cast<std::int32_t>(heat.seconds / set_s), std::min(heat.fewest, heat.sets), forecast.sets);
  }
  forecast.seconds = forecast.sets * set_s;
  forecast.resolution = expected_resolution(sd, forecast.sets);
  return forecast;
}

std::optional<double> forecast_rounds(const WorkSeries& series, std::int32_t rounds) {
  const auto noise_sd = sandwich_sd(series, kRoundDistanceS);
  if (!noise_sd) return std::nullopt;
  // A contestant's process, and half of two of the reference.
  return expected_resolution(with_processes(*noise_sd, kBetweenWholePrograms, 1.5), rounds);
}

}  // namespace kite::race
