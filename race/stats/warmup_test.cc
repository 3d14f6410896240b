// SPDX-License-Identifier: Apache-2.0
// One planted series of every class, and how often noise is misjudged.
#include "race/stats/warmup.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "race/stats/planted.h"

namespace kite::race {
namespace {

std::string_view name_of(const std::vector<double>& series) {
  return steadiness_name(classify_steadiness(series).steadiness);
}

TEST(Warmup, a_steady_series_is_flat_and_nothing_is_cut) {
  Planted planted(51);
  int flat = 0;
  constexpr int kSeries = 200;
  for (int i = 0; i < kSeries; ++i) {
    const SteadinessFound found = classify_steadiness(planted.autocorrelated(120, 10, 0.3, 0.3));
    if (found.steadiness == Steadiness::kFlat && found.cut == 0) ++flat;
  }
  std::printf("%d of %d steady series are flat\n", flat, kSeries);
  EXPECT_GE(flat, kSeries * 0.95);
}

TEST(Warmup, a_decaying_start_is_a_warm_up_and_cut) {
  Planted planted(53);
  std::vector<double> series = planted.autocorrelated(120, 10, 0.2, 0);
  for (std::size_t i = 0; i < series.size(); ++i) series[i] += 8 * std::exp(-static_cast<double>(i) / 6);
  const SteadinessFound found = classify_steadiness(series);
  EXPECT_EQ(steadiness_name(found.steadiness), "warm-up");
  EXPECT_GE(found.cut, 8U);
  EXPECT_LE(found.cut, 40U);
  EXPECT_GE(found.mser_cut, 10U);
}

TEST(Warmup, a_series_that_becomes_slower_and_stays_is_a_slow_down) {
  Planted planted(55);
  std::vector<double> series = planted.autocorrelated(120, 10, 0.2, 0);
  for (std::size_t i = 30; i < series.size(); ++i) series[i] += 1.5;
  const SteadinessFound found = classify_steadiness(series);
  EXPECT_EQ(steadiness_name(found.steadiness), "slow-down");
  EXPECT_NEAR(static_cast<double>(found.cut), 30, 1);
}

TEST(Warmup, a_late_change_and_a_steady_drift_have_no_steady_state) {
  Planted planted(57);
  std::vector<double> late = planted.autocorrelated(120, 10, 0.2, 0);
  for (std::size_t i = 80; i < late.size(); ++i) late[i] += 1.5;
  EXPECT_EQ(name_of(late), "no steady state");
  EXPECT_EQ(classify_steadiness(late).cut, 0U);
  std::vector<double> drift = planted.autocorrelated(200, 10, 0.2, 0);
  for (std::size_t i = 0; i < drift.size(); ++i) drift[i] += 0.03 * static_cast<double>(i);
  EXPECT_EQ(name_of(drift), "no steady state");
}

TEST(Warmup, alternating_kinds_of_samples_are_multimodal_also_after_a_warm_up) {
  Planted planted(59);
  std::vector<double> series(200);
  for (std::size_t i = 0; i < series.size(); ++i) series[i] = (i % 2 == 0 ? 7.1 : 7.9) * (1 + 0.01 * planted.normal());
  EXPECT_EQ(name_of(series), "multimodal");
  for (std::size_t i = 0; i < 20; ++i) series[i] += 6;
  const SteadinessFound found = classify_steadiness(series);
  EXPECT_EQ(steadiness_name(found.steadiness), "multimodal");
  EXPECT_NEAR(static_cast<double>(found.cut), 20, 2);
}

TEST(Warmup, kinds_that_come_in_long_runs_are_multimodal) {
  Planted planted(61);
  std::vector<double> series(400);
  for (std::size_t i = 0; i < series.size(); ++i) {
    series[i] = (i / 40 % 2 == 0 ? 3.5 : 7) * (1 + 0.03 * planted.normal());
  }
  EXPECT_EQ(name_of(series), "multimodal");
}

TEST(Warmup, a_burst_after_which_the_level_comes_back_is_no_change_of_state) {
  Planted planted(62);
  std::vector<double> series = planted.autocorrelated(400, 10, 0.2, 0);
  for (std::size_t i = 300; i < 315; ++i) series[i] += 7;
  const SteadinessFound found = classify_steadiness(series);
  EXPECT_EQ(found.segments.size(), 3U);
  EXPECT_EQ(steadiness_name(found.steadiness), "flat");
  for (std::size_t i = 315; i < 340; ++i) series[i] += 7;
  EXPECT_EQ(name_of(series), "no steady state") << "a tenth of the series is more than a moment";
}

TEST(Warmup, a_change_below_two_percent_is_no_change) {
  Planted planted(63);
  std::vector<double> series = planted.autocorrelated(200, 10, 0.03, 0);
  for (std::size_t i = 0; i < 50; ++i) series[i] += 0.1;
  const SteadinessFound found = classify_steadiness(series);
  EXPECT_GE(found.segments.size(), 2U) << "it is seen";
  EXPECT_EQ(steadiness_name(found.steadiness), "flat") << "and does not matter";
}

TEST(Warmup, short_and_unusable_series_claim_nothing) {
  EXPECT_EQ(name_of({}), "too short to tell");
  EXPECT_EQ(name_of(std::vector<double>(9, 1.0)), "too short to tell");
  EXPECT_EQ(name_of(std::vector<double>(50, -1.0)), "too short to tell");
  EXPECT_EQ(name_of(std::vector<double>(50, std::nan(""))), "too short to tell");
  EXPECT_EQ(name_of(std::vector<double>(50, 1e300)), "flat");
}

TEST(Warmup, mser_cuts_the_transient_it_was_made_for) {
  // Five batches of 10, then level: the rest has no variance at all from 25 on.
  std::vector<double> series(100, 1.0);
  for (std::size_t i = 0; i < 25; ++i) series[i] = 10;
  EXPECT_EQ(mser_cut(series), 25U);
  EXPECT_EQ(mser_cut(std::vector<double>(19, 1.0)), 0U);
}

}  // namespace
}  // namespace kite::race
