// SPDX-License-Identifier: Apache-2.0
// Two planted modes are found; a normal and a long-tailed distribution have one.
#include "race/stats/modes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "race/stats/planted.h"

namespace kite::race {
namespace {

TEST(Modes, a_fast_sixth_and_a_slow_rest_are_two_modes) {
  Planted planted(41);
  std::vector<double> series(1000);
  for (double& value : series) value = planted.random().uniform() < 0.17 ? 3.5 : 7.3;
  for (double& value : series) value *= 1 + 0.08 * planted.normal();
  const auto modes = two_modes(series);
  ASSERT_TRUE(modes);
  EXPECT_NEAR(modes->low, 3.5, 0.1);
  EXPECT_NEAR(modes->high, 7.3, 0.1);
  EXPECT_NEAR(modes->low_share, 0.17, 0.04);
  EXPECT_GT(modes->separation, 3);
  EXPECT_GT(modes->boundary_crossings, 200U);
}

TEST(Modes, one_crossing_is_counted_for_one_step) {
  Planted planted(43);
  std::vector<double> series = planted.autocorrelated(200, 10, 0.1, 0);
  for (std::size_t i = 100; i < 200; ++i) series[i] += 3;
  const auto modes = two_modes(series);
  ASSERT_TRUE(modes);
  EXPECT_EQ(modes->boundary_crossings, 1U);
}

TEST(Modes, one_mode_is_rarely_taken_for_two) {
  Planted planted(45);
  int normal = 0;
  int long_tailed = 0;
  int uniform = 0;
  constexpr int kSeries = 100;
  for (int i = 0; i < kSeries; ++i) {
    std::vector<double> series(200);
    for (double& value : series) value = 10 + planted.normal();
    normal += two_modes(series) ? 1 : 0;
    for (double& value : series) value = 10 - 2 * std::log(1 - planted.random().uniform());
    long_tailed += two_modes(series) ? 1 : 0;
    for (double& value : series) value = 10 + planted.random().uniform();
    uniform += two_modes(series) ? 1 : 0;
  }
  std::printf("two modes seen in %d normal, %d exponential, %d uniform series of 100\n", normal, long_tailed, uniform);
  EXPECT_LE(normal, 5);
  EXPECT_LE(long_tailed, 10);
}

TEST(Modes, constant_and_short_series_have_none) {
  EXPECT_FALSE(two_modes(std::vector<double>(100, 5.0)));
  EXPECT_FALSE(two_modes(std::vector<double>{1, 2, 1, 2, 1, 2}));
  EXPECT_FALSE(two_modes({}));
}

}  // namespace
}  // namespace kite::race
