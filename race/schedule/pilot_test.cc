// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/pilot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace kite::race {
namespace {

// 5 rounds of a process of 1 s.
PilotCell planted(std::int32_t id, double process_sd, bool reference = false) {
  std::mt19937_64 random(static_cast<std::uint64_t>(id) + 1);
  std::normal_distribution<double> normal;
  PilotCell cell;
  cell.cell = id;
  cell.label = "c" + std::to_string(id);
  cell.group = "g";
  cell.reference = reference;
  for (std::int32_t round = 1; round <= 5; ++round) {
    cell.processes.push_back({round, 10 * round + id, std::exp(process_sd * normal(random))});
  }
  return cell;
}

TEST(pilot, more_variance_between_processes_means_more_rounds) {
  PilotQuestion quiet, noisy;
  quiet.cells = {planted(0, 0.002, true), planted(1, 0.002)};
  noisy.cells = {planted(0, 0.04, true), planted(1, 0.04)};
  const DecisionRecord many = decide(noisy), few = decide(quiet);
  EXPECT_GT(many.rounds, few.rounds);
  EXPECT_EQ(few.rounds, kMinRounds);
  EXPECT_LE(many.rounds, kMaxRounds);
  EXPECT_TRUE(many.cut.empty());
}

TEST(pilot, the_budget_cuts_rounds_then_variants) {
  PilotQuestion question;
  question.rounds_asked = 20;
  question.cells = {planted(0, 0.0, true), planted(1, 0.0), planted(2, 0.0)};
  question.cells[0].per_round = 2;
  question.cells[2].expendable = true;

  question.seconds_left = 15.5 * 4;
  DecisionRecord cut = decide(question);
  EXPECT_EQ(cut.rounds, 15);
  EXPECT_EQ(cut.counts.size(), 3u);

  question.seconds_left = 10.5 * 3;
  cut = decide(question);
  EXPECT_EQ(cut.rounds, kMinRounds);
  EXPECT_EQ(cut.counts.size(), 2u);
  EXPECT_FALSE(cut.counts.contains(2));
  EXPECT_NE(cut.cut.back().find("c2"), std::string::npos);

  question.seconds_left = 1;
  cut = decide(question);
  EXPECT_EQ(cut.counts.size(), 2u);
  EXPECT_NE(cut.why.find("exceeds"), std::string::npos);
}

TEST(pilot, keeps_to_the_rounds_that_were_asked_for) {
  PilotQuestion question;
  question.cells = {planted(0, 0.04, true), planted(1, 0.04)};
  question.rounds_asked = 3;
  EXPECT_EQ(decide(question).rounds, 3);
}

TEST(pilot, a_cell_without_a_good_pilot_process_still_races) {
  PilotQuestion question;
  question.cells = {planted(0, 0.01, true), planted(1, 0.01)};
  question.cells[1].processes.clear();
  EXPECT_EQ(decide(question).counts.size(), 2u);
}

TEST(pilot, without_whole_programs_there_are_no_rounds) { EXPECT_EQ(decide({}).rounds, 0); }

}  // namespace
}  // namespace kite::race
