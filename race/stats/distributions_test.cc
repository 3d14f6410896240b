// SPDX-License-Identifier: Apache-2.0
// Against values from published tables and from counting by hand.
#include "race/stats/distributions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

TEST(Distributions, normal_quantile_inverts_the_cdf_in_both_tails) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.005), -2.5758293035489004, 1e-14);
  EXPECT_DOUBLE_EQ(normal_cdf(0), 0.5);
  EXPECT_NEAR(normal_cdf(normal_quantile(1e-12)), 1e-12, 1e-24);
}

TEST(Distributions, student_t_agrees_with_tables) {
  EXPECT_NEAR(student_t_two_sided(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 2), 4.30265, 1e-5);
  EXPECT_NEAR(student_t_two_sided(0.95, 4), 2.77645, 1e-5);
  EXPECT_NEAR(student_t_two_sided(0.95, 19), 2.09302, 1e-5);
  EXPECT_NEAR(student_t_two_sided(0.99, 30), 2.75000, 1e-5);
  // Where the normal takes over nothing jumps.
  EXPECT_NEAR(student_t_two_sided(0.95, 2000), student_t_two_sided(0.95, 2001), 2e-3);
}

TEST(Distributions, binomial_masses_are_those_of_coin_tosses) {
  EXPECT_NEAR(binomial_pmf(2, 4, 0.5), 6.0 / 16, 1e-14);
  EXPECT_NEAR(binomial_pmf(0, 4, 0.25), 81.0 / 256, 1e-14);
}

TEST(Distributions, signed_rank_tail_counts_subsets_of_ranks) {
  // n = 6: of 64 subsets one sums to 0, one to 1, one to 2 and two to 3.
  EXPECT_EQ(signed_rank_tail(6, 0.025).c, 0);
  EXPECT_DOUBLE_EQ(signed_rank_tail(6, 0.025).probability, 1.0 / 64);
  EXPECT_EQ(signed_rank_tail(6, 0.05).c, 2);
  EXPECT_DOUBLE_EQ(signed_rank_tail(6, 0.05).probability, 3.0 / 64);
  EXPECT_EQ(signed_rank_tail(5, 0.025).c, -1) << "1/32 is more than 2.5 %";
  // Hollander & Wolfe 1999, table A.4: P(T+ >= 158) = 0.024 at n = 20, so P(T+ <= 52) = 0.024.
  EXPECT_EQ(signed_rank_tail(20, 0.025).c, 52);
  EXPECT_NEAR(signed_rank_tail(20, 0.025).probability, 0.024, 5e-4);
}

TEST(Distributions, signed_rank_tail_does_not_jump_where_the_normal_takes_over) {
  const auto share = [](std::int64_t n, double tail) {
    const double mean = static_cast<double>(n * (n + 1)) / 4;
    const double sd = std::sqrt(mean * static_cast<double>(2 * n + 1) / 6);
    return (static_cast<double>(signed_rank_tail(n, tail).c) - mean) / sd;
  };
  for (const double tail : {0.025, 0.005}) EXPECT_NEAR(share(100, tail), share(101, tail), 0.02);
}

}  // namespace
}  // namespace kite::race
