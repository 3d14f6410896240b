// SPDX-License-Identifier: Apache-2.0
#include "race/pairing/blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>

#include "race/stats/random.h"

namespace kite::race {
namespace {

constexpr std::int32_t kReference = 0, kOwn = 1;

// A set in which each block has `samples` of `ms`, and takes as much processor time as wall time.
struct Made {
  SetRecord set;
  std::vector<ProcessRecord> processes;

  Made() {
    set.heat = 1;
    set.set = 2;
    for (const std::int32_t cell : {kReference, kOwn}) {
      ProcessRecord process;
      process.cell = cell;
      process.heat = 1;
      process.round = 2;
      process.purpose = Purpose::kHeat;
      process.samples = {{0, 99, 0, 0}};  // the first inference belongs to no block
      processes.push_back(process);
    }
  }
  void block(std::int32_t cell, std::int32_t cycle, std::initializer_list<double> ms, double processor_share = 1) {
    BlockRecord record;
    record.cell = cell;
    record.cycle = cycle;
    record.begin_ns = static_cast<std::int64_t>(set.blocks.size()) * 100'000'000;
    record.wall_ns = 100'000'000;
    record.cpu_ns = static_cast<std::int64_t>(1e8 * processor_share);
    record.samples = static_cast<std::int32_t>(ms.size());
    set.blocks.push_back(record);
    for (const double value : ms) processes[static_cast<std::size_t>(cell)].samples.push_back({0, value, 0, 0});
  }
  [[nodiscard]] BlockRatio ratio(bool same_inputs = false) const {
    return block_ratio(blocks_of(set, processes), kOwn, kReference, same_inputs);
  }
};

TEST(blocks, of_a_process_are_its_samples_in_order_without_the_first_inference) {
  Made made;
  made.block(kReference, 0, {1, 2});
  made.block(kOwn, 0, {3});
  made.block(kReference, 1, {4});
  const auto blocks = blocks_of(made.set, made.processes);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].samples[1].ms, 2);
  EXPECT_EQ(blocks[1].samples[0].ms, 3);
  EXPECT_EQ(blocks[2].samples[0].ms, 4);
}

TEST(blocks, a_drift_that_goes_on_cancels_between_the_references_before_and_after) {
  Made made;
  double speed = 1;
  for (int cycle = 1; cycle <= 6; ++cycle) {
    made.block(kReference, cycle, {10 * speed});
    speed *= 1.1;
    made.block(kOwn, cycle, {20 * speed});
    speed *= 1.1;
  }
  made.block(kReference, 7, {10 * speed});
  const BlockRatio found = made.ratio();
  EXPECT_EQ(found.pairs, 6);
  EXPECT_NEAR(*found.log_ratio, std::log(2), 1e-12);
}

TEST(blocks, the_cycle_that_warms_up_counts_on_no_side) {
  Made made;
  made.block(kReference, 0, {500});
  made.block(kOwn, 0, {900});
  for (int cycle = 1; cycle <= 3; ++cycle) {
    made.block(kOwn, cycle, {30});
    made.block(kReference, cycle, {10});
  }
  const BlockRatio found = made.ratio();
  EXPECT_EQ(found.pairs, 3);
  EXPECT_EQ(found.dropped, 0);
  EXPECT_NEAR(*found.log_ratio, std::log(3), 1e-12);
}

TEST(blocks, a_disturbed_block_goes_with_its_partner_whoever_was_disturbed) {
  Made made;
  for (int cycle = 1; cycle <= 5; ++cycle) {
    made.block(kReference, cycle, {cycle == 2 ? 17.0 : 10.0}, cycle == 2 ? 0.8 : 1);
    made.block(kOwn, cycle, {cycle == 4 ? 40.0 : 20.0}, cycle == 4 ? 0.89 : 1);
  }
  const auto blocks = blocks_of(made.set, made.processes);
  EXPECT_TRUE(blocks[2].disturbed);
  EXPECT_TRUE(blocks[7].disturbed);
  const BlockRatio found = made.ratio();
  EXPECT_EQ(found.dropped, 1);  // block 1 of `own` keeps the reference before it, block 2 the one after it
  EXPECT_EQ(found.pairs, 4);
  EXPECT_NEAR(*found.log_ratio, std::log(2), 1e-12);
}

TEST(blocks, skewed_noise_favours_nobody) {
  // Bursts add 10 % on average. A median over blocks minus the mean of two references would be off by 1.2 %.
  Made made;
  Random random(1);
  const auto noisy = [&] { return 10 * std::exp(-0.1 * std::log(1 - random.uniform())); };
  for (int cycle = 1; cycle <= 4000; ++cycle) {
    made.block(kReference, cycle, {noisy()});
    made.block(kOwn, cycle, {2 * noisy()});
  }
  EXPECT_NEAR(*made.ratio().log_ratio, std::log(2), 0.004);
}

TEST(blocks, where_every_block_gets_another_share_of_the_processor_none_is_disturbed) {
  Made made;
  Random random(2);
  for (int cycle = 1; cycle <= 20; ++cycle) {
    for (const std::int32_t cell : {kReference, kOwn}) made.block(cell, cycle, {10}, 0.3 + 0.5 * random.uniform());
  }
  EXPECT_EQ(made.ratio().pairs, 20);
}

TEST(blocks, a_contestant_that_always_shares_its_processor_is_not_disturbed) {
  Made made;
  for (int cycle = 1; cycle <= 4; ++cycle) {
    made.block(kReference, cycle, {10});
    made.block(kOwn, cycle, {10}, 0.4);
  }
  EXPECT_EQ(made.ratio().dropped, 0);
}

TEST(blocks, of_pictures_only_the_inputs_that_both_took_count) {
  Made made;
  for (int cycle = 1; cycle <= 4; ++cycle) {
    made.block(kReference, cycle, {10, 10, 70, 70, 70});
    made.block(kOwn, cycle, {20, 20});
  }
  EXPECT_NEAR(*made.ratio(true).log_ratio, std::log(2), 1e-12);
  EXPECT_NEAR(*made.ratio(false).log_ratio, std::log(20.0 / 70), 1e-12);
}

TEST(blocks, too_few_pairs_are_no_value) {
  Made made;
  for (int cycle = 1; cycle < kFewestPairs; ++cycle) {
    made.block(kReference, cycle, {10});
    made.block(kOwn, cycle, {10});
  }
  EXPECT_FALSE(made.ratio().log_ratio.has_value());
}

TEST(blocks, a_record_that_promises_more_samples_than_there_are_is_left_out) {
  Made made;
  made.block(kOwn, 1, {1, 2});
  made.set.blocks[0].samples = 9;
  EXPECT_TRUE(blocks_of(made.set, made.processes).empty());
}

}  // namespace
}  // namespace kite::race
