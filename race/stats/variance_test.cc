// SPDX-License-Identifier: Apache-2.0
// The sizes of a race that follow from its noise.
#include "race/stats/variance.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

TEST(Variance, rounds_follow_from_the_half_width) {
  const double sd = 0.031 * std::sqrt(2.0);
  const std::int32_t rounds = rounds_for_half_width(sd, 0.02, 0.95, 10, 200);
  // z alone asks for (1.96 * 0.0438 / ln 1.02)^2 = 18.8; Student's t and the efficiency add two or three.
  EXPECT_GE(rounds, 20);
  EXPECT_LE(rounds, 24);
  EXPECT_EQ(rounds_for_half_width(0.001, 0.02, 0.95, 10, 200), 10);
  EXPECT_EQ(rounds_for_half_width(1, 0.02, 0.95, 10, 200), 200);
}

}  // namespace
}  // namespace kite::race
