// SPDX-License-Identifier: Apache-2.0
// Pairing, counting and the corrections of a family.
#include "race/stats/compare.h"

#include <gtest/gtest.h>

#include <cmath>

#include "race/stats/holm.h"
#include "race/stats/permutation.h"

namespace kite::race {
namespace {

// Rounds 1 .. n with the value `typical`, alternating by +-`wobble`.
ByRound steady(int n, double typical, double wobble = 0) {
  ByRound values;
  for (int round = 1; round <= n; ++round) values[round] = typical * (1 + (round % 2 == 0 ? wobble : -wobble));
  return values;
}

TEST(Compare, rounds_missing_on_either_side_drop_out_and_are_counted) {
  ByRound contestant = {{1, 20.0}, {2, 20.0}, {4, 40.0}, {5, 0.0}, {6, std::nan("")}};
  ByRound reference = {{1, 10.0}, {3, 10.0}, {4, 10.0}, {5, 10.0}, {6, 10.0}};
  const PairedRounds paired = paired_by_round(contestant, reference);
  ASSERT_EQ(paired.log_ratios.size(), 2U);
  EXPECT_DOUBLE_EQ(paired.log_ratios[0], std::log(2.0));
  EXPECT_DOUBLE_EQ(paired.log_ratios[1], std::log(4.0));
  EXPECT_EQ(paired.dropped, 4) << "2 of the contestant; 3, 5 and 6 of the reference";
}

TEST(Compare, drift_common_to_a_round_cancels) {
  ByRound contestant;
  ByRound reference;
  for (int round = 1; round <= 10; ++round) {
    reference[round] = 10.0 * round;
    contestant[round] = 11.0 * round;
  }
  const FamilyComparison found =
      compare_family({.reference = reference, .control = std::nullopt, .contestants = {contestant}}, {});
  EXPECT_NEAR(found.contestants[0].estimate.interval.low, 1.1, 1e-12);
  EXPECT_NEAR(found.contestants[0].estimate.interval.high, 1.1, 1e-12);
  EXPECT_EQ(found.contestants[0].verdict, Verdict::kSlower);
}

TEST(Compare, a_family_is_widened_for_the_contestants_that_have_a_round) {
  Family family;
  family.reference = steady(12, 10);
  family.contestants = {steady(12, 9, 0.01), steady(12, 10, 0.002), ByRound{}, steady(12, 10, 0.2)};
  const FamilyComparison found = compare_family(family, {});
  ASSERT_EQ(found.contestants.size(), 4U);
  EXPECT_DOUBLE_EQ(found.interval_confidence, bonferroni_confidence(0.95, 3));
  EXPECT_EQ(found.contestants[0].verdict, Verdict::kFaster);
  EXPECT_EQ(found.contestants[1].verdict, Verdict::kEquivalent);
  EXPECT_EQ(found.contestants[2].verdict, Verdict::kUndecided);
  EXPECT_EQ(found.contestants[3].verdict, Verdict::kUndecided);
  EXPECT_FALSE(found.contestants[2].p);
  EXPECT_EQ(found.contestants[2].estimate.n, 0);
  EXPECT_EQ(found.contestants[2].dropped, 12);
  for (const std::size_t i : {0U, 1U, 3U})
    EXPECT_EQ(found.contestants[i].estimate.confidence, found.interval_confidence);
  // All 12 rounds of the first have one sign: 2 / 2^12, times 3.
  EXPECT_DOUBLE_EQ(*found.contestants[0].p, 2.0 / 4096);
  EXPECT_DOUBLE_EQ(*found.contestants[0].p_holm, 6.0 / 4096);
}

TEST(Compare, the_control_raises_the_margin_to_its_floor) {
  Family family;
  family.reference = steady(12, 10);
  family.control = steady(12, 10.4);
  family.contestants = {steady(12, 10.3)};
  FamilyComparison found = compare_family(family, {});
  EXPECT_NEAR(*found.floor, 0.04, 1e-12);
  EXPECT_NEAR(found.margin, 0.04, 1e-12);
  EXPECT_EQ(found.contestants[0].verdict, Verdict::kEquivalent);
  found = compare_family(family, {.floor = 0.045});
  EXPECT_DOUBLE_EQ(found.margin, 0.045);

  family.control.reset();
  found = compare_family(family, {});
  EXPECT_DOUBLE_EQ(found.margin, 0.02);
  EXPECT_EQ(found.contestants[0].verdict, Verdict::kSlower);
}

TEST(Compare, an_empty_family_is_an_empty_answer) {
  const FamilyComparison found = compare_family({}, {});
  EXPECT_TRUE(found.contestants.empty());
  EXPECT_FALSE(found.control);
  EXPECT_DOUBLE_EQ(found.margin, 0.02);
}

}  // namespace
}  // namespace kite::race
