// SPDX-License-Identifier: Apache-2.0
// Every word at its borders.
#include "race/stats/verdict.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

RatioEstimate estimate(double ratio, double low, double high) {
  return {.ratio = ratio, .interval = {low, high}, .n = 20, .confidence = 0.95, .achieved_confidence = 0.95};
}

TEST(Verdict, intervals_outside_the_band_are_faster_or_slower) {
  EXPECT_EQ(verdict_of({0.90, 0.98}, 0.02), Verdict::kFaster);
  EXPECT_EQ(verdict_of({0.90, 0.9804}, 0.02), Verdict::kUndecided) << "1 / 1.02 = 0.98039";
  EXPECT_EQ(verdict_of({1.0201, 1.3}, 0.02), Verdict::kSlower);
  EXPECT_EQ(verdict_of({1.0199, 1.3}, 0.02), Verdict::kUndecided);
}

TEST(Verdict, intervals_inside_the_band_are_equivalent_ends_included) {
  EXPECT_EQ(verdict_of({0.99, 1.01}, 0.02), Verdict::kEquivalent);
  EXPECT_EQ(verdict_of({1 / 1.02, 1.02}, 0.02), Verdict::kEquivalent);
  EXPECT_EQ(verdict_of({0.97, 1.01}, 0.02), Verdict::kUndecided);
  EXPECT_EQ(verdict_of({1.01, 1.015}, 0.02), Verdict::kEquivalent) << "a difference, but a small one";
}

TEST(Verdict, a_wide_or_unbounded_interval_decides_nothing) {
  EXPECT_EQ(verdict_of({0.5, 2}, 0.02), Verdict::kUndecided);
  EXPECT_EQ(verdict_of(RatioEstimate{}.interval, 0.02), Verdict::kUndecided);
}

TEST(Verdict, words_are_those_of_the_files) {
  EXPECT_EQ(verdict_name(Verdict::kFaster), "faster");
  EXPECT_EQ(verdict_name(Verdict::kSlower), "slower");
  EXPECT_EQ(verdict_name(Verdict::kEquivalent), "equivalent");
  EXPECT_EQ(verdict_name(Verdict::kUndecided), "undecided");
}

TEST(Verdict, the_margin_is_never_below_the_floor) {
  EXPECT_NEAR(aa_floor(estimate(0.97, 0.9, 1.1)), 0.03, 1e-15);
  EXPECT_DOUBLE_EQ(margin_above_floor(0.02, 0.03), 0.03);
  EXPECT_DOUBLE_EQ(margin_above_floor(0.02, 0.01), 0.02);
  EXPECT_DOUBLE_EQ(margin_above_floor(0.02, std::nullopt), 0.02);
  EXPECT_DOUBLE_EQ(margin_above_floor(0.02, std::nan("")), 0.02);
}

TEST(Control, is_invalid_beyond_five_percent_or_when_one_is_excluded_twice) {
  EXPECT_EQ(judge_control(estimate(1.01, 0.99, 1.03), std::nullopt), Control::kSound);
  EXPECT_EQ(judge_control(estimate(1.06, 0.99, 1.1), std::nullopt), Control::kInvalid);
  EXPECT_EQ(judge_control(estimate(0.94, 0.8, 1.1), std::nullopt), Control::kInvalid);
  EXPECT_EQ(judge_control(estimate(1.02, 1.01, 1.03), std::nullopt), Control::kNeedsRerun);
  EXPECT_EQ(judge_control(estimate(1.02, 1.01, 1.03), estimate(1.01, 0.99, 1.03)), Control::kSound);
  EXPECT_EQ(judge_control(estimate(1.02, 1.01, 1.03), estimate(0.98, 0.97, 0.99)), Control::kInvalid);
  EXPECT_EQ(judge_control(estimate(1.02, 1.01, 1.03), estimate(1.07, 0.9, 1.2)), Control::kInvalid);
  EXPECT_EQ(judge_control(RatioEstimate{}, std::nullopt), Control::kUnknown);
}

TEST(Regression, needs_the_margin_the_noise_and_a_second_run) {
  const RatioEstimate slower = estimate(1.06, 1.04, 1.08);
  EXPECT_EQ(judge_regression(slower, std::nullopt, 0.02, 0.01, 0.01), Regression::kSuspected);
  EXPECT_EQ(judge_regression(slower, slower, 0.02, 0.01, 0.01), Regression::kConfirmed);
  EXPECT_EQ(judge_regression(slower, estimate(1.01, 0.99, 1.03), 0.02, 0.01, 0.01), Regression::kNone);
  EXPECT_EQ(judge_regression(slower, slower, 0.02, 0.01, 0.021), Regression::kNone) << "within 3 x its own noise";
  EXPECT_EQ(judge_regression(slower, slower, 0.02, 0.07, 0.01), Regression::kNone) << "below the floor";
  EXPECT_EQ(judge_regression(slower, slower, 0.05, 0.01, 0.01), Regression::kNone) << "not beyond the margin";
}

}  // namespace
}  // namespace kite::race
