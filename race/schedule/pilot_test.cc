// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/pilot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace kite::race {
namespace {

// 5 processes of 60 samples of 2 ms, 1 s beside them.
PilotCell planted(std::int32_t id, double process_sd, double sample_sd, bool reference = false) {
  std::mt19937_64 random(static_cast<std::uint64_t>(id) + 1);
  std::normal_distribution<double> normal;
  PilotCell cell;
  cell.cell = id;
  cell.label = "c" + std::to_string(id);
  cell.group = "g";
  cell.reference = reference;
  cell.max_count = 2000;
  for (std::int32_t round = 1; round <= 5; ++round) {
    PilotCell::Process process{round, 1.0, {}};
    const double level = 2 * std::exp(process_sd * normal(random));
    for (int i = 0; i < 60; ++i) process.ms.push_back(level * std::exp(sample_sd * normal(random)));
    for (const double ms : process.ms) process.wall_s += ms * 1e-3;
    cell.processes.push_back(std::move(process));
  }
  return cell;
}

TEST(pilot, more_variance_between_processes_means_fewer_samples_and_more_rounds) {
  PilotQuestion quiet, noisy;
  quiet.cells = {planted(0, 0.002, 0.10, true), planted(1, 0.002, 0.10)};
  noisy.cells = {planted(0, 0.04, 0.10, true), planted(1, 0.04, 0.10)};
  const DecisionRecord few = decide(noisy);
  const DecisionRecord many = decide(quiet);
  EXPECT_LT(few.counts.at(1), many.counts.at(1));
  EXPECT_GT(few.rounds, many.rounds);
  EXPECT_EQ(many.rounds, kMinRounds);
  EXPECT_LE(few.rounds, kMaxRounds);
  EXPECT_TRUE(few.cut.empty());
}

TEST(pilot, contestants_that_are_compared_take_the_same_samples) {
  PilotQuestion question;
  question.cells = {planted(0, 0.01, 0.05, true), planted(1, 0.05, 0.01), planted(2, 0.02, 0.2)};
  const DecisionRecord decision = decide(question);
  EXPECT_EQ(decision.counts.at(0), decision.counts.at(1));
  EXPECT_EQ(decision.counts.at(0), decision.counts.at(2));
  EXPECT_GE(decision.counts.at(0), kMinSamples);
}

TEST(pilot, the_budget_cuts_samples_then_rounds_then_variants) {
  PilotQuestion question;
  question.rounds_asked = 20;
  question.cells = {planted(0, 0.001, 0.3, true), planted(1, 0.001, 0.3), planted(2, 0.001, 0.3)};
  question.cells[2].expendable = true;
  const DecisionRecord free = decide(question);
  const double process_s = predicted_seconds(question.cells[0], free.counts.at(0));
  const double least_s = predicted_seconds(question.cells[0], kMinSamples);
  ASSERT_GT(process_s, least_s * 1.2);

  question.seconds_left = 20 * 3 * 1.1 * (process_s + least_s) / 2;
  DecisionRecord cut = decide(question);
  EXPECT_EQ(cut.rounds, 20);
  EXPECT_LT(cut.counts.at(0), free.counts.at(0));
  EXPECT_GT(cut.counts.at(0), kMinSamples);
  EXPECT_FALSE(cut.cut.empty());

  question.seconds_left = 15.5 * 3 * 1.1 * least_s;
  cut = decide(question);
  EXPECT_EQ(cut.counts.at(0), kMinSamples);
  EXPECT_EQ(cut.rounds, 15);
  EXPECT_EQ(cut.counts.size(), 3u);

  question.seconds_left = 10.5 * 2 * 1.1 * least_s;
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

TEST(pilot, keeps_to_rounds_and_samples_that_were_asked_for) {
  PilotQuestion question;
  question.cells = {planted(0, 0.04, 0.1, true), planted(1, 0.04, 0.1)};
  question.rounds_asked = 3;
  question.max_samples = 4;
  const DecisionRecord decision = decide(question);
  EXPECT_EQ(decision.rounds, 3);
  EXPECT_EQ(decision.counts.at(0), 4);
}

TEST(pilot, a_cell_without_a_good_pilot_process_still_gets_a_count) {
  PilotQuestion question;
  question.cells = {planted(0, 0.01, 0.1, true), planted(1, 0.01, 0.1)};
  question.cells[1].processes.clear();
  EXPECT_EQ(decide(question).counts.size(), 2u);
  question.cells[0].processes.clear();
  EXPECT_EQ(decide(question).counts.at(0), kMinSamples);
}

}  // namespace
}  // namespace kite::race
