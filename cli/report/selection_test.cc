// SPDX-License-Identifier: Apache-2.0
// What has room on a page: everything, or an even sample and the least certain pictures, never more than the budget.
#include "cli/report/selection.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kite::cli {
namespace {

std::set<std::size_t> chosen(const std::vector<double>& margins, std::size_t budget_bytes, std::size_t size_bytes) {
  Selection<char> selection(budget_bytes);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    if (selection.wants(i, margins[i])) selection.add({i, margins[i], size_bytes, 'x'});
  }
  std::set<std::size_t> indices;
  for (const Chosen<char>& picture : std::move(selection).release()) indices.insert(picture.index);
  return indices;
}

std::vector<double> random_margins(std::size_t count) {
  std::mt19937 random(5);
  std::vector<double> margins(count);
  for (double& margin : margins) margin = std::uniform_real_distribution<double>(0.0, 1.0)(random);
  return margins;
}

TEST(Selection, keeps_everything_that_fits) {
  EXPECT_EQ(chosen(random_margins(100), 1000, 10).size(), 100U);
  EXPECT_TRUE(chosen({}, 1000, 10).empty());
}

TEST(Selection, beyond_the_budget_keeps_an_even_sample_and_the_smallest_margins) {
  const std::vector<double> margins = random_margins(10'000);
  const std::set<std::size_t> kept = chosen(margins, 5'000, 10);
  EXPECT_LE(kept.size(), 500U);
  EXPECT_GE(kept.size(), 480U);
  // 10,000 / 64 = 157 pictures are the sample: with a stride of 32 it would be 313, more than half of 500.
  for (std::size_t i = 0; i < margins.size(); i += 64) EXPECT_TRUE(kept.contains(i)) << i;
  double largest_kept = 0.0;
  double smallest_dropped = 1.0;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    if (i % 64 == 0) continue;
    double& extreme = kept.contains(i) ? largest_kept : smallest_dropped;
    extreme = kept.contains(i) ? std::max(extreme, margins[i]) : std::min(extreme, margins[i]);
  }
  EXPECT_LE(largest_kept, smallest_dropped);
}

TEST(Selection, the_sample_of_a_smaller_budget_is_part_of_that_of_a_larger_one) {
  const std::vector<double> margins = random_margins(3'000);
  const std::set<std::size_t> few = chosen(margins, 700, 10);
  const std::set<std::size_t> many = chosen(margins, 9'000, 10);
  EXPECT_TRUE(std::ranges::includes(many, few));
}

TEST(Selection, is_the_same_whether_or_not_the_unwanted_are_offered) {
  const std::vector<double> margins = random_margins(4'000);
  Selection<char> asked(3'000);
  Selection<char> offered(3'000);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const std::size_t size_bytes = 5 + i % 17;
    if (asked.wants(i, margins[i])) asked.add({i, margins[i], size_bytes, 'x'});
    offered.add({i, margins[i], size_bytes, 'x'});
  }
  const auto a = std::move(asked).release();
  const auto b = std::move(offered).release();
  EXPECT_TRUE(std::ranges::equal(a, b, {}, &Chosen<char>::index, &Chosen<char>::index));
  EXPECT_LE(std::accumulate(a.begin(), a.end(), std::size_t{0},
                            [](std::size_t sum, const Chosen<char>& picture) { return sum + picture.size_bytes; }),
            3'000U);
}

}  // namespace
}  // namespace kite::cli
