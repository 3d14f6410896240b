// SPDX-License-Identifier: Apache-2.0
#include "cli/profile/cache_traffic.h"

#include <gtest/gtest.h>

namespace kite::cli {
namespace {

constexpr std::uint64_t kKb = 1024;

ModelStep step(std::vector<MemoryRange> ranges) {
  ModelStep made;
  made.ranges = std::move(ranges);
  return made;
}

// Two steps hand 16 KB on and read 64 KB of weights each.
std::vector<ModelStep> two_steps() {
  return {step({{0, 64 * kKb}, {1000 * kKb, 16 * kKb}}), step({{64 * kKb, 64 * kKb}, {1000 * kKb, 16 * kKb}})};
}

TEST(CacheTraffic, of_a_cache_that_holds_everything_is_nothing_in_a_second_run) {
  const std::vector<Cache> caches = {{1, 32 * kKb, 1}, {2, 1024 * kKb, 1}};
  const std::vector<Passed> passed = cache_traffic(two_steps(), caches, 1);
  ASSERT_EQ(passed.size(), 2U);
  EXPECT_EQ(passed[0], (Passed{80 * kKb, 0}));
  EXPECT_EQ(passed[1], (Passed{80 * kKb, 0}));
}

TEST(CacheTraffic, passes_the_weights_where_only_what_was_just_written_is_left) {
  const std::vector<Cache> caches = {{1, 96 * kKb, 1}};
  const std::vector<Passed> passed = cache_traffic(two_steps(), caches, 1);
  EXPECT_EQ(passed[0], Passed{64 * kKb});
  EXPECT_EQ(passed[1], Passed{64 * kKb});
}

TEST(CacheTraffic, counts_the_caches_of_several_threads_together_but_a_shared_one_once) {
  EXPECT_EQ(cache_traffic(two_steps(), std::vector<Cache>{{1, 96 * kKb, 1}}, 2)[0], Passed{0});
  EXPECT_EQ(cache_traffic(two_steps(), std::vector<Cache>{{1, 96 * kKb, 2}}, 2)[0], Passed{64 * kKb});
}

TEST(CacheTraffic, counts_the_bytes_of_ranges_that_begin_and_end_within_a_line) {
  const std::vector<ModelStep> steps = {step({{100, 50}, {5000, 4000}}), step({{1 << 20, 8 * kKb}})};
  EXPECT_EQ(cache_traffic(steps, std::vector<Cache>{{1, 8 * kKb, 1}}, 1)[0], Passed{4050});
}

TEST(CacheTraffic, is_no_row_without_steps_and_no_number_without_caches) {
  EXPECT_TRUE(cache_traffic({}, std::vector<Cache>{{1, kKb, 1}}, 1).empty());
  EXPECT_EQ(cache_traffic(two_steps(), {}, 1)[0], Passed{});
}

}  // namespace
}  // namespace kite::cli
