// SPDX-License-Identifier: Apache-2.0
// Quantiles on data small enough to do by hand.
#include "race/stats/robust.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

TEST(Robust, quantiles_interpolate_between_order_statistics) {
  const std::vector<double> values = {40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(median(values), 25);
  EXPECT_DOUBLE_EQ(quantile(values, 0), 10);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 40);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 37);  // (4 - 1) 0.9 = 2.7: 30 + 0.7 * 10
  EXPECT_DOUBLE_EQ(quantile(std::vector<double>{7}, 0.3), 7);
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace kite::race
