// SPDX-License-Identifier: Apache-2.0
// Coverage on planted data, where a bootstrap that ignores order or processes would fall short.
#include "race/stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "race/stats/planted.h"

namespace kite::race {
namespace {

TEST(Bootstrap, block_length_grows_with_autocorrelation) {
  Planted planted(21);
  const double independent = automatic_block_length(planted.autocorrelated(1000, 10, 1, 0));
  const double weak = automatic_block_length(planted.autocorrelated(1000, 10, 1, 0.3));
  const double strong = automatic_block_length(planted.autocorrelated(1000, 10, 1, 0.8));
  EXPECT_LE(independent, 4);
  EXPECT_GT(weak, 2);
  EXPECT_GT(strong, 2 * weak);
  EXPECT_LE(strong, 3 * std::sqrt(1000.0));
  EXPECT_EQ(automatic_block_length(std::vector<double>(50, 3.0)), 1);
  EXPECT_EQ(automatic_block_length(std::vector<double>{1, 2, 3}), 1);
}

std::vector<std::vector<double>> planted_processes(Planted& planted, std::size_t processes, std::size_t iterations,
                                                   double typical) {
  std::vector<std::vector<double>> all;
  for (std::size_t i = 0; i < processes; ++i) {
    const double own = planted.process(typical);
    all.push_back(planted.autocorrelated(iterations, own, 0.05 * own, 0.3));
  }
  return all;
}

TEST(Bootstrap, hierarchical_intervals_cover_the_planted_ratio) {
  for (const std::size_t processes : {8U, 16U}) {
    for (const std::size_t iterations : {1U, 15U}) {
      Planted planted(23 + processes + iterations);
      int covered = 0;
      constexpr int kRaces = 300;
      for (int race = 0; race < kRaces; ++race) {
        const auto after = planted_processes(planted, processes, iterations, 9);
        const auto before = planted_processes(planted, processes, iterations, 10);
        const RatioEstimate found = hierarchical_bootstrap_ratio(after, before, {.resamples = 200, .seed = 1});
        covered += found.interval.low <= 0.9 && 0.9 <= found.interval.high ? 1 : 0;
      }
      std::printf("%zu processes of %zu iterations: covered %d of %d\n", processes, iterations, covered, kRaces);
      EXPECT_GE(covered, kRaces * 0.93) << processes << " processes of " << iterations;
      EXPECT_LE(covered, kRaces * 0.99) << processes << " processes of " << iterations;
    }
  }
}

TEST(Bootstrap, hierarchical_answers_repeat_with_their_seed) {
  Planted planted(29);
  const auto after = planted_processes(planted, 10, 20, 9);
  const auto before = planted_processes(planted, 12, 20, 10);
  const RatioEstimate one = hierarchical_bootstrap_ratio(after, before, {.seed = 5});
  const RatioEstimate same = hierarchical_bootstrap_ratio(after, before, {.seed = 5});
  EXPECT_EQ(one.interval.low, same.interval.low);
  EXPECT_EQ(one.interval.high, same.interval.high);
  EXPECT_NE(one.interval.low, hierarchical_bootstrap_ratio(after, before, {.seed = 6}).interval.low);
  EXPECT_EQ(one.n, 10);
  EXPECT_NEAR(one.ratio, 0.9, 0.04);
}

TEST(Bootstrap, too_few_or_unusable_processes_leave_the_interval_unbounded) {
  const std::vector<std::vector<double>> good(6, {10.0, 10.1});
  const std::vector<std::vector<double>> few(3, {9.0});
  const std::vector<std::vector<double>> bad = {{}, {0.0, -1.0}, {std::nan("")}};
  EXPECT_FALSE(hierarchical_bootstrap_ratio(few, good, {}).bounded());
  EXPECT_NEAR(hierarchical_bootstrap_ratio(few, good, {}).ratio, 9 / 10.05, 1e-12);
  EXPECT_EQ(hierarchical_bootstrap_ratio(bad, good, {}).n, 0);
  EXPECT_TRUE(std::isnan(hierarchical_bootstrap_ratio(bad, good, {}).ratio));
}

}  // namespace
}  // namespace kite::race
