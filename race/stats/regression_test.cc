// SPDX-License-Identifier: Apache-2.0
#include "race/stats/regression.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

Change change(double ratio, double low, double high, bool unchanged = false) {
  return {{.ratio = ratio, .interval = {low, high}, .n = 20, .confidence = 0.95, .achieved_confidence = 0.95},
          unchanged};
}

TEST(Regression, is_a_changed_contestant_that_is_slower_beyond_the_margin) {
  const auto judged = judge_changes(std::vector{change(1.06, 1.04, 1.08), change(1, 0.995, 1.005, true)}, 0.02);
  EXPECT_TRUE(judged.regressed);
  EXPECT_EQ(judged.verdicts, (std::vector{Verdict::kSlower, Verdict::kEquivalent}));
  EXPECT_EQ(judged.margin, 0.02);
  EXPECT_EQ(*judged.drift, 0);
  EXPECT_FALSE(judge_changes(std::vector{change(1.06, 1.04, 1.08)}, 0.05).regressed);
  EXPECT_FALSE(judge_changes(std::vector{change(0.9, 0.88, 0.92)}, 0.02).regressed);
}

TEST(Regression, the_drift_of_what_did_not_change_widens_the_margin_either_way) {
  for (const double drift : {1.25, 1 / 1.25}) {
    const auto judged =
        judge_changes(std::vector{change(1.2, 1.15, 1.24), change(drift, drift * 0.99, drift * 1.01, true)}, 0.02);
    EXPECT_NEAR(judged.margin, 0.25, 1e-12);
    EXPECT_FALSE(judged.regressed);
    EXPECT_EQ(judged.verdicts[0], Verdict::kUndecided);
  }
}

TEST(Regression, what_did_not_change_is_never_a_regression) {
  const auto judged = judge_changes(std::vector{change(1.05, 1.049, 1.051, true), change(1.3, 1.29, 1.31, true)}, 0.02);
  EXPECT_FALSE(judged.regressed);
}

TEST(Limit, is_broken_only_where_the_whole_interval_lies_beyond_it) {
  const Unchanged still{.moved = 0.001};
  EXPECT_EQ(judge_limit({1.031, 1.05}, 0.03, still).word, LimitWord::kBroken);
  EXPECT_EQ(judge_limit({1.029, 1.05}, 0.03, still).word, LimitWord::kUndecided);
  EXPECT_EQ(judge_limit({0.99, 1.03}, 0.03, still).word, LimitWord::kHolds);
  EXPECT_EQ(judge_limit({0.5, 0.6}, 0.03, still).word, LimitWord::kHolds);
  EXPECT_EQ(judge_limit(RatioEstimate{}.interval, 0.03, still).word, LimitWord::kUndecided);
}

TEST(Limit, cannot_be_judged_where_what_did_not_change_moved_by_more_or_did_not_run) {
  for (const Interval interval : {Interval{1.5, 1.6}, Interval{0.5, 0.6}}) {
    EXPECT_EQ(judge_limit(interval, 0.03, {}).word, LimitWord::kCannotTell);
    EXPECT_EQ(judge_limit(interval, 0.03, {.moved = 0.031}).word, LimitWord::kCannotTell);
    EXPECT_EQ(judge_limit(interval, 0.03, {.moved = std::nan("")}).word, LimitWord::kCannotTell);
    EXPECT_NE(judge_limit(interval, 0.03, {.moved = 0.03}).word, LimitWord::kCannotTell);
  }
}

TEST(Limit, what_the_interval_does_not_carry_moves_both_ends_outward) {
  const auto judged = judge_limit({1.04, 1.06}, 0.03, {.moved = 0.02, .carried = 0.02});
  EXPECT_NEAR(judged.interval.low, 1.04 / 1.02, 1e-12);
  EXPECT_NEAR(judged.interval.high, 1.06 * 1.02, 1e-12);
  EXPECT_EQ(judged.word, LimitWord::kUndecided);
  EXPECT_EQ(judge_limit({1.06, 1.08}, 0.03, {.moved = 0.02, .carried = 0.02}).word, LimitWord::kBroken);
}

TEST(Regression, a_change_without_a_ratio_decides_nothing) {
  const auto judged = judge_changes(std::vector{Change{{}, true}, Change{}}, 0.02);
  EXPECT_FALSE(judged.drift);
  EXPECT_EQ(judged.margin, 0.02);
  EXPECT_FALSE(judged.regressed);
  EXPECT_EQ(judged.verdicts, std::vector(2, Verdict::kUndecided));
}

}  // namespace
}  // namespace kite::race
