// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/forecast.h"

#include <gtest/gtest.h>

#include <cmath>

#include "race/schedule/heat_plan.h"
#include "race/stats/planted.h"
#include "race/stats/variance.h"

namespace kite::race {
namespace {

WorkSeries machine(double sd, double rho, std::size_t blocks = 6000) {
  Planted planted(1);
  WorkSeries series;
  for (const double value : planted.autocorrelated(blocks, 0, sd, rho)) {
    series.blocks.push_back({0.1 * static_cast<double>(series.blocks.size()), 100, 100, 5 * std::exp(value)});
  }
  return series;
}

TEST(Forecast, of_a_machine_without_noise_is_what_processes_differ_by) {
  const auto heat = forecast_heat(machine(0, 0), 60);
  ASSERT_TRUE(heat);
  EXPECT_EQ(heat->noise_sd, 0);
  EXPECT_EQ(heat->sets, kFewestSets);
  EXPECT_NEAR(heat->resolution, std::expm1(expected_half_width(std::sqrt(2) * kBetweenSteadyProcesses, 6, 0.95)),
              1e-12);
  EXPECT_NEAR(*forecast_rounds(machine(0, 0), 10),
              std::expm1(expected_half_width(std::sqrt(1.5) * kBetweenWholePrograms, 10, 0.95)), 1e-12);
}

// A set's ratio is a median over its blocks, each between two of the reference: of independent blocks its variance is
// known, pi / 2 * 1.5 / cycles, but for neighbours that share a block of the reference.
TEST(Forecast, of_independent_blocks_is_that_of_a_median_over_sandwiches) {
  const auto heat = forecast_heat(machine(0.05, 0), 0);
  ASSERT_TRUE(heat);
  const double expected = 0.05 * std::sqrt(1.5 * M_PI / 2 / kMostCycles);
  EXPECT_NEAR(heat->noise_sd, expected, 0.25 * expected);
  EXPECT_GT(heat->sets, kFewestSets);
}

TEST(Forecast, drift_over_seconds_costs_a_heat_little) {
  const WorkSeries drifting = machine(0.03, 0.99);  // neighbours differ by 0.4 %
  EXPECT_LT(forecast_heat(drifting, 60)->noise_sd, 0.005);
  EXPECT_GT(pairs_at(drifting, 10)->sd, 0.025);
}

TEST(Forecast, more_time_is_more_sets_where_they_are_needed) {
  const WorkSeries noisy = machine(0.1, 0);
  const auto minute = forecast_heat(noisy, 60), hours = forecast_heat(noisy, 0);
  ASSERT_TRUE(minute && hours);
  EXPECT_EQ(minute->sets, kFewestSets);
  EXPECT_EQ(hours->sets, kMostSets);
  EXPECT_LT(hours->resolution, minute->resolution);
  EXPECT_NEAR(minute->seconds, 60, 6);
}

TEST(Forecast, says_nothing_of_a_series_that_holds_too_little) {
  EXPECT_FALSE(forecast_heat(machine(0.01, 0, 100), 60));
  EXPECT_FALSE(forecast_rounds(machine(0.01, 0, 50), 10));
}

}  // namespace
}  // namespace kite::race
