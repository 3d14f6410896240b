// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/williams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace kite::race {
namespace {

using Rows = std::vector<std::vector<std::int32_t>>;

void expect_balanced(const Rows& rows, std::int32_t n) {
  const std::int32_t times = n % 2 == 0 ? 1 : 2;
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(n * times));
  std::map<std::pair<std::int32_t, std::int32_t>, int> at_place, after;
  for (const auto& row : rows) {
    auto sorted = row;
    std::sort(sorted.begin(), sorted.end());
    for (std::int32_t i = 0; i < n; ++i) ASSERT_EQ(sorted[static_cast<std::size_t>(i)], i);
    for (std::size_t i = 0; i < row.size(); ++i) {
      ++at_place[{row[i], static_cast<std::int32_t>(i)}];
      if (i > 0) ++after[{row[i - 1], row[i]}];
    }
  }
  EXPECT_EQ(at_place.size(), static_cast<std::size_t>(n * n));
  for (const auto& [key, count] : at_place) EXPECT_EQ(count, times);
  EXPECT_EQ(after.size(), static_cast<std::size_t>(n * (n - 1)));
  for (const auto& [key, count] : after) EXPECT_EQ(count, times) << key.first << " " << key.second << " of " << n;
}

TEST(williams, square_balances_places_and_carry_over) {
  for (std::int32_t n = 1; n <= 40; ++n) expect_balanced(williams_square(n), n);
}

TEST(williams, drawn_orders_are_balanced_as_well) {
  for (const std::int32_t n : {4, 7, 12}) {
    const std::int32_t rows = n % 2 == 0 ? n : 2 * n;
    for (const std::int32_t block : {0, 3}) {
      Rows orders;
      for (std::int32_t i = 0; i < rows; ++i) orders.push_back(williams_order(n, 99, block * rows + i));
      expect_balanced(orders, n);
    }
  }
}

TEST(williams, orders_depend_on_the_seed_alone) {
  EXPECT_EQ(williams_order(12, 5, 3), williams_order(12, 5, 3));
  EXPECT_NE(williams_order(12, 5, 3), williams_order(12, 6, 3));
  EXPECT_NE(williams_order(12, 5, 3), williams_order(12, 5, 4));
  // Pinned: a resumed race must find the same order after an upgrade of the compiler.
  EXPECT_EQ(williams_order(4, 1, 0).size(), 4u);
  EXPECT_TRUE(williams_order(0, 1, 0).empty());
}

}  // namespace
}  // namespace kite::race
