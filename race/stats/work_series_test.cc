// SPDX-License-Identifier: Apache-2.0
#include "race/stats/work_series.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "race/stats/planted.h"

namespace kite::race {
namespace {

// A block every 0.1 s.
WorkSeries series_of(const std::vector<double>& logs, std::int32_t threads = 1) {
  WorkSeries series{threads, {}};
  for (std::size_t i = 0; i < logs.size(); ++i) {
    series.blocks.push_back({0.1 * static_cast<double>(i), 100, 100.0 * threads, 5 * std::exp(logs[i])});
  }
  return series;
}

TEST(WorkSeries, pairs_of_a_drifting_machine_differ_more_the_further_they_lie_apart) {
  constexpr double kSd = 0.03, kRho = 0.99;
  Planted planted(1);
  const WorkSeries series = series_of(planted.autocorrelated(200'000, 0, kSd, kRho));
  for (const double distance : {0.1, 1.0, 10.0}) {
    const auto found = pairs_at(series, distance);
    ASSERT_TRUE(found);
    const double lag = distance / 0.1;
    const double expected = kSd * std::sqrt(2 * (1 - std::pow(kRho, lag)));
    EXPECT_NEAR(found->sd, expected, 0.05 * expected) << distance;
    EXPECT_NEAR(found->nineteen_of_20, 1.96 * expected, 0.1 * expected) << distance;
    EXPECT_NEAR(found->ratio, 1, 0.002);
    EXPECT_EQ(found->pairs, 200'000 - static_cast<std::int64_t>(std::lround(lag)));
  }
}

// One block in twenty takes half as long again: a tenth of the pairs is wild, the others are what they were.
TEST(WorkSeries, bursts_do_not_move_the_spread_and_are_seen_by_the_share_of_wild_pairs) {
  constexpr double kSd = 0.01;
  Planted planted(2);
  std::vector<double> logs = planted.autocorrelated(50'000, 0, kSd, 0);
  for (double& value : logs) value += planted.random().uniform() < 0.05 ? 0.5 : 0;
  const auto found = pairs_at(series_of(logs), 1);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->sd, kSd * std::sqrt(2), 0.2 * kSd * std::sqrt(2));
  EXPECT_GT(found->nineteen_of_20, 0.45);
}

TEST(WorkSeries, a_sandwich_is_as_wide_as_a_block_and_half_of_two_others) {
  Planted planted(3);
  const WorkSeries series = series_of(planted.autocorrelated(50'000, 0, 0.02, 0));
  EXPECT_NEAR(*sandwich_sd(series, 1), 0.02 * std::sqrt(1.5), 0.001);
  // A drift that goes on cancels, and does not between two alone.
  std::vector<double> drifting;
  for (int i = 0; i < 1000; ++i) drifting.push_back(0.001 * i);
  EXPECT_NEAR(*sandwich_sd(series_of(drifting), 1), 0, 1e-9);
  EXPECT_NEAR(pairs_at(series_of(drifting), 1)->ratio, std::exp(0.01), 1e-9);
}

TEST(WorkSeries, a_distance_fits_five_times) {
  EXPECT_EQ(distances_within(60), (std::vector<double>{0.1, 1, 10}));
  EXPECT_EQ(distances_within(49), (std::vector<double>{0.1, 1}));
  EXPECT_EQ(distances_within(900).size(), 4u);
  EXPECT_TRUE(distances_within(0.4).empty());
  EXPECT_TRUE(pairs_at(series_of(std::vector<double>(50, 0)), 1));
  EXPECT_FALSE(pairs_at(series_of(std::vector<double>(40, 0)), 1));
  EXPECT_FALSE(pairs_at({1, {}}, 0.1));
  EXPECT_FALSE(sandwich_sd(series_of(std::vector<double>(99, 0)), 1));
}

TEST(WorkSeries, what_its_threads_could_have_had_and_did_not_is_lost) {
  WorkSeries series = series_of({0, 0, 0, 0}, 2);
  EXPECT_EQ(series.lost_share(), 0);
  series.blocks[1].cpu_ms = 120;  // of 200
  EXPECT_NEAR(series.lost_share(), 0.1, 1e-12);
}

TEST(WorkSeries, comes_back_from_csv) {
  Planted planted(4);
  const WorkSeries one = series_of(planted.autocorrelated(20, 0, 0.1, 0)), two = series_of({0, 0.25}, 2);
  const auto back = work_series_from_csv(csv_of(std::vector{one, two}, "a machine,\nand its load"));
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(back->comment, "a machine, and its load");
  ASSERT_EQ(back->series.size(), 2u);
  EXPECT_EQ(back->series[1].threads, 2);
  ASSERT_EQ(back->series[0].blocks.size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_NEAR(back->series[0].blocks[i].piece_ms, one.blocks[i].piece_ms, 1e-4);
    EXPECT_NEAR(back->series[0].blocks[i].begin_s, one.blocks[i].begin_s, 1e-3);
  }
}

TEST(WorkSeries, what_is_no_series_is_refused_with_its_line) {
  const std::string head = "# x\nthreads,begin_s,wall_ms,cpu_ms,piece_ms\n", block = "1,0.1,100,100,5\n";
  EXPECT_TRUE(work_series_from_csv(head + block + "1,0.2,100,100,5\n").ok());
  for (const std::string& bad :
       {std::string(), head, head + block, head + "1,0.1,100,100\n", head + "1,0.1,100,100,5,6\n",
        head + "0,0.1,100,100,5\n", head + "1,0.1,100,100,0\n", head + "1,0.1,nan,100,5\n", head + block + block,
        head + "1.5,0.1,100,100,5\n", std::string("a,b\n1,2\n")}) {
    const auto found = work_series_from_csv(bad);
    ASSERT_FALSE(found.ok()) << bad;
    EXPECT_NE(found.error().remedy.find("--csv"), std::string::npos);
  }
  EXPECT_NE(work_series_from_csv(head + block + "x\n").error().where.find("line 4"), std::string::npos);
}

}  // namespace
}  // namespace kite::race
