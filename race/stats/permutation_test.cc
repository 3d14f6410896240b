// SPDX-License-Identifier: Apache-2.0
// Sign patterns counted by hand, one by one, and sampled.
#include "race/stats/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "race/stats/random.h"

namespace kite::race {
namespace {

double brute_force_p(const std::vector<double>& values) {
  double seen = 0;
  for (const double value : values) seen += value;
  std::size_t hits = 0;
  const std::size_t patterns = std::size_t{1} << values.size();
  for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += ((pattern >> i) & 1) != 0 ? values[i] : -values[i];
    hits += std::fabs(sum) >= std::fabs(seen) - 1e-9 ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(patterns);
}

TEST(SignFlip, values_of_one_sign_reach_the_least_p) {
  const std::vector<double> logs = {0.1, 0.2, 0.3, 0.05, 0.4};
  EXPECT_DOUBLE_EQ(sign_flip_test(logs).p, 2.0 / 32);
  EXPECT_TRUE(sign_flip_test(logs).exact);
}

TEST(SignFlip, three_values_by_hand) {
  // |+-1 +-2 +-3| >= |1 + 2 - 3| = 0 always; of 1 + 2 + 3 = 6 only two patterns; of -1 + 2 + 3 = 4 four.
  EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>{1, 2, -3}).p, 1);
  EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>{1, 2, 3}).p, 0.25);
  EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>{-1, 2, 3}).p, 0.5);
}

TEST(SignFlip, meeting_in_the_middle_counts_what_brute_force_counts) {
  Random random(3);
  for (std::size_t n = 1; n <= 14; ++n) {
    std::vector<double> logs(n);
    // A grid with inexact steps, so that equal sums differ by rounding.
    for (double& value : logs) value = 0.1 * (static_cast<double>(random.below(11)) - 3);
    EXPECT_DOUBLE_EQ(sign_flip_test(logs).p, brute_force_p(logs)) << "n " << n;
  }
}

TEST(SignFlip, sampling_comes_near_the_exact_p_and_repeats_with_its_seed) {
  Random random(5);
  std::vector<double> logs(20);
  for (double& value : logs) value = random.uniform() - 0.42;
  const SignFlip exact = sign_flip_test(logs, {.seed = 1});
  const SignFlip sampled = sign_flip_test(logs, {.seed = 1, .exact_up_to = 0});
  EXPECT_TRUE(exact.exact);
  EXPECT_FALSE(sampled.exact);
  const double error = std::sqrt(exact.p * (1 - exact.p) / kSignFlipDraws);
  EXPECT_NEAR(sampled.p, exact.p, 4 * error);
  EXPECT_EQ(sampled.p, sign_flip_test(logs, {.seed = 1, .exact_up_to = 0}).p);
  EXPECT_NE(sampled.p, sign_flip_test(logs, {.seed = 2, .exact_up_to = 0}).p);
}

TEST(SignFlip, sampling_never_says_zero) {
  const std::vector<double> logs(60, 0.5);
  EXPECT_DOUBLE_EQ(sign_flip_test(logs, {.seed = 9}).p, 1.0 / (kSignFlipDraws + 1));
}

TEST(SignFlip, no_values_and_equal_sides_give_one) {
  EXPECT_EQ(sign_flip_test({}, {.seed = 0}).p, 1);
  EXPECT_EQ(sign_flip_test(std::vector<double>(10, 0.0), {.seed = 0}).p, 1);
}

}  // namespace
}  // namespace kite::race
