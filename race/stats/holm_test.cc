// SPDX-License-Identifier: Apache-2.0
// Corrections done by hand.
#include "race/stats/holm.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

using P = std::vector<std::optional<double>>;

TEST(Holm, adjusted_p_step_down_in_the_order_given) {
  const P adjusted = holm_adjusted(P{0.04, 0.01, 0.03, 0.005});
  // 0.005 * 4, 0.01 * 3, 0.03 * 2, then max(0.06, 0.04 * 1).
  ASSERT_EQ(adjusted.size(), 4U);
  EXPECT_DOUBLE_EQ(*adjusted[3], 0.02);
  EXPECT_DOUBLE_EQ(*adjusted[1], 0.03);
  EXPECT_DOUBLE_EQ(*adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(*adjusted[0], 0.06);
}

TEST(Holm, adjusted_p_stay_at_most_one) {
  EXPECT_EQ(holm_adjusted(P{0.6, 0.9}), (P{1, 1}));
  EXPECT_TRUE(holm_adjusted({}).empty());
  EXPECT_EQ(holm_adjusted(P{0.2}), P{0.2});
}

TEST(Holm, what_was_not_tested_stays_absent_and_costs_nothing) {
  EXPECT_EQ(holm_adjusted(P{std::nullopt, 0.2, std::nullopt}), (P{std::nullopt, 0.2, std::nullopt}));
}

TEST(Holm, bonferroni_shares_the_error_out) {
  EXPECT_DOUBLE_EQ(bonferroni_confidence(0.95, 4), 0.9875);
  EXPECT_DOUBLE_EQ(bonferroni_confidence(0.95, 1), 0.95);
  EXPECT_DOUBLE_EQ(bonferroni_confidence(0.95, 0), 0.95);
}

}  // namespace
}  // namespace kite::race
