// SPDX-License-Identifier: Apache-2.0
// Planted changes of level are found; noise, spikes and autocorrelation are not taken for one.
#include "race/stats/changepoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "race/stats/planted.h"

namespace kite::race {
namespace {

TEST(Changepoint, steps_are_found_where_they_are) {
  Planted planted(31);
  std::vector<double> series = planted.autocorrelated(300, 10, 0.2, 0);
  for (std::size_t i = 0; i < 40; ++i) series[i] += 2;
  for (std::size_t i = 200; i < 300; ++i) series[i] -= 1;
  const std::vector<Segment> segments = level_segments(series);
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0].begin, 0U);
  EXPECT_NEAR(static_cast<double>(segments[0].end), 40, 1);
  EXPECT_NEAR(static_cast<double>(segments[1].end), 200, 1);
  EXPECT_EQ(segments[2].end, 300U);
  EXPECT_NEAR(segments[0].level, 12, 0.15);
  EXPECT_NEAR(segments[1].level, 10, 0.1);
  EXPECT_NEAR(segments[2].level, 9, 0.1);
}

TEST(Changepoint, noise_is_rarely_taken_for_a_change) {
  for (const double rho : {-0.7, 0.0, 0.5, 0.8}) {
    Planted planted(33);
    int with_changes = 0;
    for (int i = 0; i < 200; ++i) {
      if (level_segments(planted.autocorrelated(200, 10, 0.5, rho)).size() > 1) ++with_changes;
    }
    std::printf("rho %.1f: %d of 200 flat series have a change\n", rho, with_changes);
    // Strong autocorrelation is underestimated from 200 samples, so more of it passes for a level.
    EXPECT_LE(with_changes, rho < 0.8 ? 8 : 40) << "rho " << rho;
  }
}

TEST(Changepoint, a_spike_is_not_a_level) {
  Planted planted(35);
  std::vector<double> series = planted.autocorrelated(100, 10, 0.2, 0);
  series[30] = 500;
  series[31] = 400;
  EXPECT_EQ(level_segments(series).size(), 1U);
}

TEST(Changepoint, autocorrelation_is_not_inflated_by_a_change_of_level) {
  Planted planted(37);
  std::vector<double> series = planted.autocorrelated(2000, 10, 1, 0.5);
  for (std::size_t i = 1000; i < 2000; ++i) series[i] += 20;
  EXPECT_NEAR(robust_autocorrelation(series), 0.5, 0.12);
  EXPECT_LT(robust_autocorrelation(planted.autocorrelated(2000, 10, 1, -0.7)), -0.5);
}

TEST(Changepoint, constant_short_and_long_series_are_segmented_too) {
  EXPECT_TRUE(level_segments({}).empty());
  EXPECT_EQ(level_segments(std::vector<double>{5}).size(), 1U);
  EXPECT_EQ(level_segments(std::vector<double>(100, 5.0)).size(), 1U);
  // Beyond 4,096 values in batches: the change is found to within one of them, and the last segment ends the series.
  std::vector<double> series(100'003);
  Planted planted(39);
  for (std::size_t i = 0; i < series.size(); ++i) series[i] = (i < 30'000 ? 11 : 10) + 0.3 * planted.normal();
  const std::vector<Segment> segments = level_segments(series);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_NEAR(static_cast<double>(segments[0].end), 30'000, 50);
  EXPECT_EQ(segments[1].end, series.size());
}

}  // namespace
}  // namespace kite::race
