// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/heat_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <utility>

namespace kite::race {
namespace {

HeatQuestion question_of(std::int32_t contestants) {
  HeatQuestion question;
  LineUp line_up{"m", 0, 1, {}};
  for (std::int32_t i = 0; i < contestants; ++i) line_up.others.push_back(2 + i);
  question.line_ups = {line_up};
  question.costs.resize(static_cast<std::size_t>(contestants) + 2, HeatCost{1.0, 0.01, 100});
  return question;
}

TEST(heat_plan, more_than_four_contestants_are_several_heats_each_with_reference_and_control) {
  const HeatPlan plan = plan_heats(question_of(9));
  ASSERT_EQ(plan.heats.size(), 3u);
  EXPECT_EQ(plan.heats[0].cells, (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(plan.heats[1].cells, (std::vector<std::int32_t>{0, 1, 6, 7, 8, 9}));
  EXPECT_EQ(plan.heats[2].cells, (std::vector<std::int32_t>{0, 1, 10}));
  EXPECT_EQ(plan.heats[2].id, 3);
  EXPECT_TRUE(plan.notes.empty());
}

TEST(heat_plan, a_reference_without_contestants_still_races_its_control) {
  EXPECT_EQ(plan_heats(question_of(0)).heats.size(), 1u);
}

TEST(heat_plan, what_memory_has_no_room_for_at_once_is_divided_and_said) {
  HeatQuestion question = question_of(4);
  question.available_bytes = 600;  // room for 420: the two and two contestants
  const HeatPlan plan = plan_heats(question);
  ASSERT_EQ(plan.heats.size(), 2u);
  EXPECT_EQ(plan.heats[0].cells.size(), 4u);
  EXPECT_EQ(plan.heats[1].cells.size(), 4u);
  ASSERT_EQ(plan.notes.size(), 1u);
  question.available_bytes = 100;  // not even for one; it is tried alone
  EXPECT_EQ(plan_heats(question).heats.size(), 4u);
}

TEST(heat_plan, time_that_was_given_may_be_used_for_more_sets) {
  HeatQuestion question = question_of(1);
  EXPECT_EQ(plan_heats(question).heats[0].sets, kMostSets);
  question.heat_seconds = 600;
  EXPECT_EQ(plan_heats(question).heats[0].sets, kMostSetsInTime);
  question.sets_asked = 9;
  EXPECT_EQ(plan_heats(question).heats[0].sets, 9);
}

TEST(heat_plan, little_time_means_shorter_sets_and_not_fewer) {
  HeatQuestion question = question_of(1);
  EXPECT_EQ(plan_heats(question).heats[0].cycles, kMostCycles);
  question.seconds_left = 45;  // six sets of 7.5 s, 3 of which are starts, and 0.33 s a cycle
  HeatRecord heat = plan_heats(question).heats[0];
  EXPECT_EQ(heat.cycles, 12);
  EXPECT_EQ(heat.seconds, 45);
  question.heat_seconds = 30;
  heat = plan_heats(question).heats[0];
  EXPECT_EQ(heat.cycles, kFewestCycles);
  EXPECT_EQ(heat.seconds, 30);
  EXPECT_TRUE(plan_heats(question).notes.empty());
  question.seconds_left = 20;  // six of the shortest sets take 36 s
  EXPECT_EQ(plan_heats(question).notes.size(), 1u);
  question.sets_asked = 3;
  EXPECT_EQ(plan_heats(question).heats[0].sets, 3);
}

// The report widens an interval by the number of contestants of the workload, over all heats of that workload.
TEST(heat_plan, the_fewest_sets_give_intervals_that_hold_for_all_contestants_at_once) {
  for (const auto& [contestants, fewest] : {std::pair{0, 6}, {1, 6}, {2, 7}, {3, 7}, {4, 8}, {6, 8}, {7, 9}}) {
    const HeatPlan plan = plan_heats(question_of(contestants));
    for (const HeatRecord& heat : plan.heats) EXPECT_EQ(heat.fewest, fewest) << contestants;
  }
}

// Both are needed: signed ranks ignore how far the outermost pairs lie out; a standard deviation shows one wild set.
TEST(heat_plan, a_control_must_be_narrow_and_must_be_expected_to_be) {
  HeatRecord heat{1, {0, 1}, 20, 40, 0};
  std::vector<double> one_wild(23, 0.0);
  for (std::size_t i = 0; i < one_wild.size(); ++i) one_wild[i] = i % 2 == 0 ? 0.01 : -0.01;
  EXPECT_FALSE(needs_another_set(heat, 23, one_wild, 100));
  one_wild[0] = 1.5;
  EXPECT_TRUE(needs_another_set(heat, 23, one_wild, 100));
  const std::vector<double> spread = {0.021, -0.021, 0.021, -0.021, 0.0, 0.0};  // the interval is all of it
  EXPECT_TRUE(needs_another_set(heat, 6, spread, 100));
}

TEST(heat_plan, the_control_is_looked_at_the_more_rarely_the_more_sets_there_are) {
  const HeatRecord heat{1, {0, 1}, 20, 40, 0};
  const std::vector<double> narrow(40, 0.001);
  std::vector<std::int32_t> looks;
  for (std::int32_t sets = 1; sets < 40; ++sets) {
    if (!needs_another_set(heat, sets, std::span(narrow).first(static_cast<std::size_t>(sets)), 100)) {
      looks.push_back(sets);
    }
  }
  EXPECT_EQ(looks, (std::vector<std::int32_t>{6, 7, 9, 11, 14, 18, 23, 29, 37}));
}

TEST(heat_plan, a_heat_ends_when_the_control_is_narrow_enough_or_the_time_is_over) {
  HeatRecord heat{1, {0, 1}, 20, 12, 0};
  const std::vector<double> narrow = {0.001, -0.001, 0.002, -0.002, 0.001, -0.001};
  std::vector<double> wide = {0.05, -0.05, 0.06, -0.06, 0.05, -0.05};
  EXPECT_TRUE(needs_another_set(heat, 5, std::span(narrow).first(5), 100));
  EXPECT_FALSE(needs_another_set(heat, 6, narrow, 100));
  EXPECT_TRUE(needs_another_set(heat, 6, wide, 100));
  EXPECT_TRUE(needs_another_set(heat, 6, std::span(narrow).first(4), 100));  // the control failed twice
  EXPECT_FALSE(needs_another_set(heat, 12, wide, 100));
  heat.seconds = 110;  // one more would end at 116
  EXPECT_FALSE(needs_another_set(heat, 6, wide, 100));
  EXPECT_TRUE(needs_another_set(heat, 0, {}, 0));
  EXPECT_TRUE(needs_another_set(heat, 5, std::span(wide).first(5), 1000));  // fewer give no interval
}

}  // namespace
}  // namespace kite::race
