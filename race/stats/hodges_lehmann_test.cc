// SPDX-License-Identifier: Apache-2.0
// Walsh averages listed one by one against those found by counting.
#include "race/stats/hodges_lehmann.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "race/stats/random.h"
#include "race/stats/robust.h"

namespace kite::race {
namespace {

std::vector<double> all_walsh(const std::vector<double>& values) {
  std::vector<double> averages;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i; j < values.size(); ++j) averages.push_back(values[i] / 2 + values[j] / 2);
  }
  return sorted_copy(averages);
}

TEST(HodgesLehmann, every_walsh_order_statistic_is_the_listed_one) {
  Random random(7);
  for (const std::size_t n : {1U, 2U, 3U, 10U, 21U}) {
    std::vector<double> values(n);
    // A coarse grid around 0: ties, both signs and both zeros.
    for (double& value : values) value = (static_cast<double>(random.below(9)) - 4) * 0.125;
    std::sort(values.begin(), values.end());
    const std::vector<double> listed = all_walsh(values);
    for (std::size_t k = 0; k < listed.size(); ++k) {
      ASSERT_EQ(walsh_order_statistic(values, static_cast<std::int64_t>(k) + 1), listed[k]) << "n " << n << " k " << k;
    }
  }
}

TEST(HodgesLehmann, estimate_and_interval_of_six_rounds_are_those_done_by_hand) {
  const std::vector<double> logs = {0.06, 0.01, 0.05, 0.02, 0.04, 0.03};
  const RatioEstimate estimate = hodges_lehmann_ratio(logs, 0.95);
  EXPECT_NEAR(std::log(estimate.ratio), 0.035, 1e-15);
  // n = 6: only the outermost Walsh averages, min and max, reach 95 %: 1 - 2/64.
  EXPECT_NEAR(std::log(estimate.interval.low), 0.01, 1e-15);
  EXPECT_NEAR(std::log(estimate.interval.high), 0.06, 1e-15);
  EXPECT_DOUBLE_EQ(estimate.achieved_confidence, 1 - 2.0 / 64);
  EXPECT_EQ(estimate.n, 6);
}

TEST(HodgesLehmann, too_few_rounds_leave_the_interval_unbounded) {
  const std::vector<double> logs = {0.01, 0.02, 0.03, 0.04, 0.05};
  const RatioEstimate estimate = hodges_lehmann_ratio(logs, 0.95);
  EXPECT_NEAR(std::log(estimate.ratio), 0.03, 1e-15);
  EXPECT_FALSE(estimate.bounded());
  EXPECT_EQ(estimate.interval.low, 0);
  EXPECT_EQ(estimate.achieved_confidence, 1);
  EXPECT_TRUE(hodges_lehmann_ratio(logs, 0.9).bounded()) << "1 - 2/32 is enough for 90 %";
}

TEST(HodgesLehmann, no_rounds_have_no_ratio) {
  const RatioEstimate estimate = hodges_lehmann_ratio({}, 0.95);
  EXPECT_EQ(estimate.n, 0);
  EXPECT_TRUE(std::isnan(estimate.ratio));
  EXPECT_FALSE(estimate.bounded());
}

TEST(HodgesLehmann, values_that_are_not_finite_are_left_out_and_n_tells) {
  const std::vector<double> logs = {0.1, std::nan(""), 0.1, INFINITY, 0.1, 0.1, 0.1, 0.1};
  const RatioEstimate estimate = hodges_lehmann_ratio(logs, 0.95);
  EXPECT_EQ(estimate.n, 6);
  EXPECT_DOUBLE_EQ(estimate.ratio, std::exp(0.1));
  EXPECT_DOUBLE_EQ(estimate.interval.low, std::exp(0.1));
  EXPECT_DOUBLE_EQ(estimate.interval.high, std::exp(0.1));
}

TEST(HodgesLehmann, swapping_numerator_and_denominator_inverts_everything) {
  Random random(11);
  std::vector<double> logs(20);
  for (double& value : logs) value = random.uniform() - 0.3;
  const RatioEstimate one = hodges_lehmann_ratio(logs, 0.95);
  for (double& value : logs) value = -value;
  const RatioEstimate other = hodges_lehmann_ratio(logs, 0.95);
  EXPECT_NEAR(one.ratio * other.ratio, 1, 1e-12);
  EXPECT_NEAR(one.interval.low * other.interval.high, 1, 1e-12);
  EXPECT_NEAR(one.interval.high * other.interval.low, 1, 1e-12);
}

TEST(HodgesLehmann, the_shift_of_two_samples_is_the_median_of_all_differences) {
  // Differences of {1, 4} and {0, 1, 5}: 1 0 -4 4 3 -1; sorted -4 -1 0 1 3 4.
  EXPECT_DOUBLE_EQ(hodges_lehmann_shift(std::vector<double>{1, 4}, std::vector<double>{0, 1, 5}), 0.5);
  EXPECT_DOUBLE_EQ(hodges_lehmann_shift(std::vector<double>{3}, std::vector<double>{0, 1, 5}), 2);
}

}  // namespace
}  // namespace kite::race
