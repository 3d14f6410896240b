// SPDX-License-Identifier: Apache-2.0
// How far intervals are widened for other contestants and workloads, and what follows for the verdicts.
#include "race/stats/compare.h"

#include <gtest/gtest.h>

#include <cmath>

#include "race/stats/distributions.h"
#include "race/stats/holm.h"

namespace kite::race {
namespace {

// Rounds 1 .. n with the value `typical`, alternating by +-`wobble`.
ByRound steady(int n, double typical, double wobble = 0) {
  ByRound values;
  for (int round = 1; round <= n; ++round) values[round] = typical * (1 + (round % 2 == 0 ? wobble : -wobble));
  return values;
}

FamilyComparison compare_one(const Family& family, const FamilyRules& rules = {}) {
  return compare_families(std::vector{family}, rules).front();
}

TEST(Compare, a_family_is_widened_for_the_contestants_that_have_a_round) {
  const Family family{
      steady(12, 10), {steady(12, 9, 0.01), steady(12, 10, 0.002), ByRound{}, steady(12, 10, 0.2)}, 0.01};
  const FamilyComparison found = compare_one(family);
  ASSERT_EQ(found.contestants.size(), 4U);
  EXPECT_DOUBLE_EQ(found.confidence, bonferroni_confidence(0.95, 3));
  EXPECT_EQ(found.contestants[0].verdict, Verdict::kFaster);
  EXPECT_EQ(found.contestants[1].verdict, Verdict::kEquivalent);
  EXPECT_EQ(found.contestants[2].verdict, Verdict::kUndecided);
  EXPECT_EQ(found.contestants[3].verdict, Verdict::kUndecided);
  EXPECT_FALSE(found.contestants[2].p);
  EXPECT_FALSE(found.contestants[2].p_holm);
  EXPECT_EQ(found.contestants[2].estimate.n, 0);
  for (const std::size_t i : {0U, 1U, 3U}) EXPECT_EQ(found.contestants[i].estimate.confidence, found.confidence);
  // All 12 rounds of the first have one sign: 2 / 2^12, times 3.
  EXPECT_DOUBLE_EQ(*found.contestants[0].p, 2.0 / 4096);
  EXPECT_DOUBLE_EQ(*found.contestants[0].p_holm, 6.0 / 4096);
}

TEST(Compare, equal_contestants_are_called_so_only_where_the_place_resolves_the_margin) {
  Family family{steady(12, 10), {steady(12, 10, 0.002)}, 0.02};
  EXPECT_EQ(compare_one(family).contestants[0].verdict, Verdict::kEquivalent);
  family.resolution = 0.03;
  EXPECT_EQ(compare_one(family).contestants[0].verdict, Verdict::kUndecided);
  EXPECT_EQ(compare_one(family, {.margin = 0.03}).contestants[0].verdict, Verdict::kEquivalent);
  family.resolution.reset();
  EXPECT_EQ(compare_one(family).contestants[0].verdict, Verdict::kUndecided);
}

TEST(Compare, places_that_cannot_resolve_the_margin_widen_one_another_and_no_other) {
  const Family quiet{steady(12, 10), {steady(12, 9, 0.01)}, 0.01};
  Family noisy = quiet;
  noisy.resolution = 0.05;
  Family unknown = quiet;
  unknown.resolution.reset();
  Family empty = noisy;
  empty.contestants = {ByRound{}};
  const auto found = compare_families(std::vector{quiet, noisy, unknown, empty}, {});
  const RatioEstimate alone = compare_one(quiet).contestants[0].estimate;
  EXPECT_EQ(found[0].confidence, 0.95);
  EXPECT_EQ(found[0].contestants[0].estimate.interval.low, alone.interval.low);
  const double stretch = student_t_two_sided(0.975, 11) / student_t_two_sided(0.95, 11);
  for (const std::size_t i : {1U, 2U}) {
    const RatioEstimate& estimate = found[i].contestants[0].estimate;
    EXPECT_DOUBLE_EQ(found[i].confidence, 0.975);
    EXPECT_DOUBLE_EQ(estimate.ratio, alone.ratio);
    EXPECT_NEAR(std::log(estimate.interval.high / estimate.ratio),
                stretch * std::log(alone.interval.high / alone.ratio), 1e-12);
    EXPECT_NEAR(std::log(estimate.interval.low / estimate.ratio), stretch * std::log(alone.interval.low / alone.ratio),
                1e-12);
  }
}

TEST(Compare, no_families_are_no_answers) {
  EXPECT_TRUE(compare_families({}, {}).empty());
  EXPECT_TRUE(compare_one({}).contestants.empty());
}

}  // namespace
}  // namespace kite::race
