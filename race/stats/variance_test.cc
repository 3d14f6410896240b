// SPDX-License-Identifier: Apache-2.0
// Components by hand and planted, and the sizes of a race that follow from them.
#include "race/stats/variance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "race/stats/planted.h"

namespace kite::race {
namespace {

TEST(Variance, components_of_two_small_processes_are_those_done_by_hand) {
  // Means 2 and 6; within (1 + 1 + 1 + 1) / 2 = 2 each; between MS = 2 (4 + 4) = 16, (16 - 2) / 2 = 7.
  const std::vector<std::vector<double>> processes = {{1, 3}, {5, 7}, {}};
  const VarianceComponents found = variance_components(processes);
  EXPECT_EQ(found.processes, 2);
  EXPECT_DOUBLE_EQ(found.mean, 4);
  EXPECT_DOUBLE_EQ(found.within, 2);
  EXPECT_DOUBLE_EQ(found.between, 7);
}

TEST(Variance, planted_components_are_found) {
  Planted planted(17);
  std::vector<std::vector<double>> processes;
  for (int process = 0; process < 400; ++process) {
    const double own = 100 * (1 + 0.031 * planted.normal());
    std::vector<double>& samples = processes.emplace_back();
    for (int i = 0; i < 5 + process % 20; ++i) samples.push_back(own + 8 * planted.normal());
  }
  const VarianceComponents found = variance_components(processes);
  EXPECT_NEAR(found.within, 64, 3);
  EXPECT_NEAR(found.between, 9.61, 2.5);
}

TEST(Variance, processes_that_do_not_differ_have_no_negative_variance) {
  const std::vector<std::vector<double>> processes = {{1, 9}, {9, 1}};
  EXPECT_EQ(variance_components(processes).between, 0);
  EXPECT_EQ(variance_components({}).processes, 0);
}

TEST(Variance, iterations_balance_the_cost_of_a_process) {
  const VarianceComponents components{.mean = 10, .within = 16, .between = 1, .processes = 5};
  EXPECT_EQ(iterations_per_process(components, 900, 9, 3, 500), 40);  // sqrt(100 * 16)
  EXPECT_EQ(iterations_per_process(components, 900, 9, 3, 30), 30);
  EXPECT_EQ(iterations_per_process(components, 1, 100, 3, 30), 3);
  EXPECT_EQ(iterations_per_process({.mean = 10, .within = 1, .between = 0}, 9, 1, 3, 200), 200);
  EXPECT_EQ(iterations_per_process({.mean = 10}, 9, 1, 3, 200), 3);
}

TEST(Variance, rounds_follow_from_the_half_width) {
  const double sd = 0.031 * std::sqrt(2.0);
  const std::int32_t rounds = rounds_for_half_width(sd, 0.02, 0.95, 10, 200);
  // z alone asks for (1.96 * 0.0438 / ln 1.02)^2 = 18.8; Student's t and the efficiency add two or three.
  EXPECT_GE(rounds, 20);
  EXPECT_LE(rounds, 24);
  EXPECT_EQ(rounds_for_half_width(0.001, 0.02, 0.95, 10, 200), 10);
  EXPECT_EQ(rounds_for_half_width(1, 0.02, 0.95, 10, 200), 200);
}

}  // namespace
}  // namespace kite::race
