// SPDX-License-Identifier: Apache-2.0
#include "race/pairing/log_ratios.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kite::race {
namespace {

TEST(log_ratios, divide_by_the_two_references_nearest_in_time) {
  const Valued reference[] = {{1, 0, 10}, {1, 30, 20}, {1, 60, 1000}, {2, 40, 5}};
  const Valued own[] = {{1, 10, 40}, {2, 50, 50}, {3, 70, 1}};
  const LogRatios found = log_ratios_of(own, reference);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found.at(1), std::log(40) - (std::log(10) + std::log(20)) / 2, 1e-12);
  EXPECT_NEAR(found.at(2), std::log(10), 1e-12);  // a round of an older journal: one reference, before or after
}

TEST(log_ratios, leave_out_what_is_no_positive_number) {
  const Valued reference[] = {{1, 0, 0}, {1, 20, 10}, {2, 0, std::nan("")}};
  const Valued own[] = {{1, 10, 10}, {2, 10, 10}, {1, 30, -1}};
  const LogRatios found = log_ratios_of(own, reference);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found.at(1), 0, 1e-12);
}

TEST(log_ratios, of_steady_samples_are_one_a_set) {
  Journal journal;
  journal.plan.cells = {{0, "a", "m", Mode::kNoPre, 1, ""}, {1, "b", "m", Mode::kNoPre, 1, ""}};
  for (std::int32_t set = 1; set <= 2; ++set) {
    SetRecord record;
    record.heat = 3;
    record.set = set;
    for (std::int32_t cell = 0; cell < 2; ++cell) {
      ProcessRecord process;
      process.cell = cell;
      process.heat = 3;
      process.round = set;
      process.purpose = Purpose::kHeat;
      process.samples.assign(5, Sample{0, cell == 0 ? 10.0 : 10.0 * set, 0, 0});
      journal.processes.push_back(process);
    }
    for (std::int32_t block = 0; block < 8; ++block) {
      record.blocks.push_back({block % 2, 1 + block / 2, block, 100, 100, 1, false});
    }
    journal.sets.push_back(record);
  }
  const SteadyRatios found = steady_log_ratios(journal, 1, 0);
  EXPECT_EQ(found.pairs, 8);
  ASSERT_EQ(found.log_ratios.size(), 2u);
  EXPECT_NEAR(found.log_ratios.at(replicate_of(3, 1)), 0, 1e-12);
  EXPECT_NEAR(found.log_ratios.at(replicate_of(3, 2)), std::log(2), 1e-12);
}

}  // namespace
}  // namespace kite::race
