// SPDX-License-Identifier: Apache-2.0
#include "race/spawn/fixed_work.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace kite::race {
namespace {

// How long a block takes depends on the machine, so the tests check only that all blocks exist, in
// order, with possible times.
TEST(FixedWork, every_number_of_threads_has_its_blocks_over_the_whole_time) {
  constexpr std::array<std::int32_t, 2> kThreads = {1, 3};
  const auto series = measure_fixed_work(kThreads, 0.5, [](double) { return true; });
  ASSERT_TRUE(series.ok()) << series.error().message();
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ((*series)[0].blocks.size(), (*series)[1].blocks.size());
  EXPECT_EQ((*series)[0].threads, 1);
  EXPECT_EQ((*series)[1].threads, 3);
  double last_s = 0;
  for (const WorkSeries& one : *series) {
    ASSERT_FALSE(one.blocks.empty());
    double end_s = 0;
    for (const WorkBlock& block : one.blocks) {
      EXPECT_GE(block.begin_s, end_s);
      end_s = block.begin_s + block.wall_ms * 1e-3;
      EXPECT_GT(block.piece_ms, 0);
      EXPECT_GT(block.cpu_ms, 0);
      EXPECT_LE(block.cpu_ms, one.threads * block.wall_ms * 1.05 + 1);
      // piece_ms is the median, so half of the pieces take at least as long.
      EXPECT_GE(block.wall_ms, block.piece_ms * kPiecesPerBlock / 2);
    }
    last_s = std::max(last_s, end_s);
  }
  EXPECT_GE(last_s, 0.5);
}

// A busy machine may take all of the time for one block, and a series of one says nothing of differences.
TEST(FixedWork, a_series_has_two_blocks_however_short_its_time_is) {
  constexpr std::array<std::int32_t, 1> kThreads = {1};
  const auto series = measure_fixed_work(kThreads, 1e-9, [](double) { return true; });
  ASSERT_TRUE(series.ok());
  EXPECT_EQ(series->front().blocks.size(), kFewestBlocks);
}

TEST(FixedWork, ends_when_it_is_asked_to_and_keeps_its_blocks) {
  constexpr std::array<std::int32_t, 1> kThreads = {2};
  int asked = 0;
  const auto series = measure_fixed_work(kThreads, 1000, [&](double) { return ++asked <= 3; });
  ASSERT_TRUE(series.ok());
  EXPECT_EQ(series->front().blocks.size(), 3u);
}

}  // namespace
}  // namespace kite::race
