// SPDX-License-Identifier: Apache-2.0
// Resolution and bias on rounds small enough to reason about. How often the rule errs: planted_races_test.cc.
#include "race/stats/control.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

// Rounds 0 .. n - 1; the control lies `bias` above the reference, and both ends of `spread` about that.
ControlPair pair_of(int n, double bias, double spread) {
  ControlPair pair;
  for (int round = 0; round < n; ++round) {
    pair.reference[round] = 10 + round;
    const double share = static_cast<double>(round) / (n - 1) - 0.5;  // -0.5 .. 0.5
    pair.control[round] = pair.reference[round] * std::exp(std::log1p(bias) + 2 * spread * share);
  }
  return pair;
}

ControlFound judge_one(const ControlPair& pair) { return judge_controls(std::vector{pair}, {}).front(); }

TEST(Control, resolution_is_half_the_interval_as_a_ratio) {
  const ControlFound found = judge_one(pair_of(12, 0, 0.05));
  ASSERT_TRUE(found.resolution);
  EXPECT_NEAR(1 + *found.resolution, std::sqrt(found.estimate.interval.high / found.estimate.interval.low), 1e-12);
  EXPECT_NEAR(found.estimate.ratio, 1, 1e-12);
  EXPECT_EQ(found.estimate.confidence, 0.95);
  EXPECT_FALSE(found.biased);
  EXPECT_GT(*judge_one(pair_of(12, 0, 0.1)).resolution, 1.9 * *found.resolution);
  EXPECT_NEAR(*judge_one(pair_of(12, 0.3, 0.05)).resolution, *found.resolution, 1e-12) << "a bias is not noise";
}

TEST(Control, a_reference_that_differs_from_itself_throughout_is_biased) {
  EXPECT_TRUE(judge_one(pair_of(12, 0.08, 0.02)).biased);
  EXPECT_TRUE(judge_one(pair_of(12, -0.08, 0.02)).biased);
  EXPECT_TRUE(judge_one(pair_of(12, 0.001, 0.0001)).biased) << "however small, if it is sure";
}

TEST(Control, a_far_estimate_with_a_wide_interval_is_noise) {
  const ControlFound found = judge_one(pair_of(12, 0.08, 0.4));
  EXPECT_GT(found.estimate.ratio, 1.07);
  EXPECT_FALSE(found.biased);
  EXPECT_GT(*found.resolution, 0.08);
}

TEST(Control, half_a_race_is_not_enough) {
  // Rounds of the second half, when dealt alternately, say nothing.
  ControlPair pair = pair_of(14, 0.08, 0.01);
  for (int round = 1; round < 14; round += 2) {
    pair.control[round] = pair.reference[round] * (round % 4 == 1 ? 0.999 : 1.001);
  }
  const ControlFound found = judge_one(pair);
  EXPECT_GT(found.estimate.interval.low, 1 - 1e-3);
  EXPECT_FALSE(found.biased);
}

TEST(Control, many_workloads_raise_the_bar_for_each) {
  std::vector<ControlPair> workloads(40, pair_of(10, 0, 0.05));
  workloads[7] = pair_of(10, 0.08, 0.02);
  const auto found = judge_controls(workloads, {});
  EXPECT_GT(*found[7].p_holm, 0.05) << "ten rounds of one sign among forty workloads";
  EXPECT_FALSE(found[7].biased);
  workloads.resize(8);
  EXPECT_TRUE(judge_controls(workloads, {})[7].biased);
}

TEST(Control, too_few_rounds_resolve_nothing) {
  const ControlFound few = judge_one(pair_of(4, 0.2, 0.01));
  EXPECT_FALSE(few.resolution);
  EXPECT_FALSE(few.biased);
  EXPECT_FALSE(judge_one(pair_of(8, 0.2, 0.01)).biased) << "halves of four rounds";
  const ControlFound none = judge_one({});
  EXPECT_EQ(none.estimate.n, 0);
  EXPECT_FALSE(none.p_holm);
}

}  // namespace
}  // namespace kite::race
