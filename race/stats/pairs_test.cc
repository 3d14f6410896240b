// SPDX-License-Identifier: Apache-2.0
#include "race/stats/pairs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

TEST(Pairs, a_round_that_either_side_lacks_is_left_out) {
  const ByRound contestant = {{1, 20.0}, {2, 20.0}, {4, 40.0}, {5, 0.0}, {6, std::nan("")}};
  const ByRound reference = {{1, 10.0}, {3, 10.0}, {4, 10.0}, {5, 10.0}, {6, 10.0}};
  const auto log_ratios = paired_log_ratios(contestant, reference);
  ASSERT_EQ(log_ratios.size(), 2U);
  EXPECT_DOUBLE_EQ(log_ratios[0], std::log(2.0));
  EXPECT_DOUBLE_EQ(log_ratios[1], std::log(4.0));
}

TEST(Pairs, what_a_round_does_to_both_cancels) {
  ByRound contestant, reference;
  for (int round = 1; round <= 10; ++round) {
    reference[round] = 10.0 * round;
    contestant[round] = 11.0 * round;
  }
  for (const double log_ratio : paired_log_ratios(contestant, reference)) EXPECT_NEAR(log_ratio, std::log(1.1), 1e-12);
}

}  // namespace
}  // namespace kite::race
