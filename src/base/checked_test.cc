// SPDX-License-Identifier: Apache-2.0
// Overflow is reported, not wrapped.
#include "base/checked.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace kite {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(Checked, results_up_to_the_limits_are_exact) {
  EXPECT_EQ((Checked(std::int64_t{1} << 31) * (std::int64_t{1} << 31)).exact(), std::int64_t{1} << 62);
  EXPECT_EQ((Checked(kMax) * 1).exact(), kMax);
  EXPECT_EQ((Checked(kMin) * 1).exact(), kMin);
  EXPECT_EQ((Checked(kMax) * 0).exact(), 0);
  EXPECT_EQ((Checked(kMax) + 0).exact(), kMax);
  EXPECT_EQ((Checked(kMin) + kMax).exact(), -1);
  EXPECT_EQ((Checked(-1) - kMax).exact(), kMin);
}

TEST(Checked, results_beyond_the_limits_are_refused) {
  EXPECT_FALSE((Checked(std::int64_t{1} << 32) * (std::int64_t{1} << 31)).exact());
  EXPECT_FALSE((Checked(kMin) * -1).exact());
  EXPECT_FALSE((Checked(kMax) * 2).exact());
  EXPECT_FALSE((Checked(kMax) + 1).exact());
  EXPECT_FALSE((Checked(kMin) + -1).exact());
  EXPECT_FALSE((Checked(kMin) - 1).exact());
}

TEST(Checked, an_overflow_is_not_forgotten) {
  EXPECT_FALSE((Checked(kMax) + 1 - 1).exact());
  EXPECT_FALSE((Checked(kMax) * 2 * 0).exact());
  EXPECT_FALSE((1 + Checked(kMax) * 2).exact());
  EXPECT_FALSE((Checked(1) - (Checked(kMin) - 1)).exact());
}

TEST(Checked, a_limit_refuses_what_is_above_it) {
  EXPECT_EQ((Checked(3) * 4).at_most(12), 12);
  EXPECT_FALSE((Checked(3) * 4).at_most(11));
  EXPECT_FALSE((Checked(kMin) * 3).at_most(12)) << "a wrapped number may look small";
}

TEST(Checked, a_cost_beyond_the_limits_is_the_largest) {
  EXPECT_EQ((Checked(3) * 4).capped(), 12);
  EXPECT_EQ((Checked(kMax) + 1).capped(), kMax);
  EXPECT_EQ((Checked(kMax) * kMax + 1).capped(), kMax);
}

TEST(Checked, rounding_goes_up) {
  EXPECT_EQ(round_up(0, 64), 0);
  EXPECT_EQ(round_up(1, 64), 64);
  EXPECT_EQ(round_up(64, 64), 64);
  EXPECT_EQ(ceil_div(65, 64), 2);
  EXPECT_EQ(ceil_div(64, 64), 1);
}

}  // namespace
}  // namespace kite
