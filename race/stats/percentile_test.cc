// SPDX-License-Identifier: Apache-2.0
// The minimum n, intervals by hand, coverage on planted data.
#include "race/stats/percentile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "race/stats/random.h"
#include "race/stats/robust.h"

namespace kite::race {
namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(Percentile, minimum_n_is_that_of_the_method) {
  EXPECT_EQ(percentile_minimum_n(0.9, 0.99), 64);
  EXPECT_EQ(percentile_minimum_n(0.95, 0.99), 130);
  EXPECT_EQ(percentile_minimum_n(0.99, 0.99), 662);
  EXPECT_EQ(percentile_minimum_n(0.999, 0.99), 6636);
  EXPECT_EQ(percentile_minimum_n(0.9, 0.95), 46);
  EXPECT_EQ(percentile_minimum_n(0.95, 0.95), 93);
  EXPECT_EQ(percentile_minimum_n(0.99, 0.95), 473);
  EXPECT_EQ(percentile_minimum_n(0.999, 0.95), 4742);
}

TEST(Percentile, is_refused_below_the_minimum_and_reported_from_it_on) {
  EXPECT_FALSE(process_percentile(one_to(45), 0.9, 0.95));
  ASSERT_TRUE(process_percentile(one_to(46), 0.9, 0.95));
  EXPECT_FALSE(process_percentile(one_to(63), 0.9, 0.99));
  const auto found = process_percentile(one_to(64), 0.9, 0.99);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->value, 1 + 63 * 0.9);
  EXPECT_LE(found->interval.low, found->value);
  EXPECT_GE(found->interval.high, found->value);
}

TEST(Percentile, interval_of_a_median_counts_coins) {
  // n = 10, q = 1/2: P(B <= 1) = 11/1024 <= 2.5 % < P(B <= 2), so from the 2nd to the 9th value.
  const auto range = quantile_interval(one_to(10), 0.5, 0.95);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->interval.low, 2);
  EXPECT_EQ(range->interval.high, 9);
  EXPECT_NEAR(range->achieved_confidence, 1 - 22.0 / 1024, 1e-12);
  // n = 11: P(B <= 2) = 67/2048 is more than 2.5 %, though less than 5 %.
  EXPECT_EQ(quantile_interval(one_to(11), 0.5, 0.95)->interval.low, 2);
  EXPECT_FALSE(quantile_interval(one_to(5), 0.5, 0.95)) << "P(B = 0) = 1/32 is more than 2.5 %";
}

TEST(Percentile, interval_covers_the_true_quantile_as_often_as_it_says) {
  Random random(101);
  const double truth = -std::log(1 - 0.9);  // of the exponential distribution
  int covered = 0;
  constexpr int kRaces = 2000;
  for (int race = 0; race < kRaces; ++race) {
    std::vector<double> samples(120);
    for (double& value : samples) value = -std::log(1 - random.uniform());
    const auto found = process_percentile(samples, 0.9, 0.95);
    ASSERT_TRUE(found);
    covered += found->interval.low <= truth && truth <= found->interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, kRaces * 0.94);
  EXPECT_LE(covered, kRaces * 0.99);
}

TEST(Percentile, processes_are_computed_one_by_one_and_never_pooled) {
  const std::vector<std::vector<double>> short_ones(10, one_to(40));
  EXPECT_FALSE(percentile_over_processes(short_ones, 0.9, 0.95)) << "400 samples, but none of them enough";
  EXPECT_FALSE(percentile_over_processes({}, 0.9, 0.95));

  std::vector<std::vector<double>> processes(3, one_to(100));
  for (double& value : processes[0]) value *= 100;
  for (double& value : processes[1]) value *= 2;
  processes[1].resize(60);
  const auto found = percentile_over_processes(processes, 0.9, 0.95);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->n, 60);
  EXPECT_EQ(found->processes, 3);
  EXPECT_DOUBLE_EQ(found->value, 2 * (1 + 59 * 0.9))
      << "the value of the median process, however far off the others are";
}

}  // namespace
}  // namespace kite::race
