// SPDX-License-Identifier: Apache-2.0
#include "race/profile/memory_line.h"

#include <algorithm>

#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

class MemoryLineTest : public SpawnerFixture {
 protected:
  // tail keeps 50 MB that hold no newline, while its input stays open.
  std::vector<MemorySample> watched(bool below_child) {
    MemoryLine line(spawner_->helper_pid(), below_child);
    const SpawnOutcome outcome =
        run(command({"/bin/sh", "-c", "(head -c 50000000 /dev/zero; sleep 0.5) | tail > /dev/null; true"}));
    EXPECT_EQ(outcome.status, Outcome::kOk) << outcome.reason;
    auto samples = line.stop();
    EXPECT_FALSE(line.pids().empty());
    return samples;
  }
};

TEST_F(MemoryLineTest, memory_of_the_children_counts_and_time_begins_at_the_first_sample) {
  for (const bool below_child : {false, true}) {
    const auto samples = watched(below_child);
    ASSERT_GT(samples.size(), 3u);
    EXPECT_EQ(samples.front().t_ns, 0);
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      most = std::max(most, samples[i].rss_anon_bytes);
      EXPECT_TRUE(i == 0 || samples[i].t_ns > samples[i - 1].t_ns);
    }
    EXPECT_GT(most, 45'000'000u);
    EXPECT_LT(most, 200'000'000u);
    EXPECT_LT(samples.front().rss_anon_bytes, most);
  }
}

TEST_F(MemoryLineTest, pages_of_a_tmpfs_count_as_those_of_a_file) {
  MemoryLine line(spawner_->helper_pid(), false);
  const std::string hold =
      "import mmap, time\nm = mmap.mmap(-1, 50 << 20)\nm.write(b'x' * (50 << 20))\ntime.sleep(0.3)";
  const SpawnOutcome outcome = run(command({"python3", "-c", hold}));
  ASSERT_EQ(outcome.status, Outcome::kOk) << outcome.reason;
  std::uint64_t most = 0;
  for (const MemorySample& sample : line.stop()) most = std::max(most, sample.rss_file_bytes);
  EXPECT_GT(most, std::uint64_t{50} << 20);
}

TEST_F(MemoryLineTest, a_parent_without_a_child_has_no_memory) {
  MemoryLine line(spawner_->helper_pid(), false);
  EXPECT_TRUE(line.stop().empty());
  EXPECT_TRUE(line.pids().empty());
}

TEST(MemoryCsv, is_milliseconds_and_bytes) {
  EXPECT_EQ(memory_csv({{0, 1, 2}, {10'500'000, 4096, 8192}}),
            "ms,rss_anon_bytes,rss_file_bytes\n0.000,1,2\n10.500,4096,8192\n");
}

}  // namespace
}  // namespace kite::race
