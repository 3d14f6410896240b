// SPDX-License-Identifier: Apache-2.0
#include "race/stats/regression.h"

#include <gtest/gtest.h>

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

TEST(Regression, a_change_without_a_ratio_decides_nothing) {
  const auto judged = judge_changes(std::vector{Change{{}, true}, Change{}}, 0.02);
  EXPECT_FALSE(judged.drift);
  EXPECT_EQ(judged.margin, 0.02);
  EXPECT_FALSE(judged.regressed);
  EXPECT_EQ(judged.verdicts, std::vector(2, Verdict::kUndecided));
}

}  // namespace
}  // namespace kite::race
