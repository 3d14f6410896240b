// SPDX-License-Identifier: Apache-2.0
// What is left for new processes, read from faked trees of the kernel's files.
#include "base/memory_limit.h"

#include <gtest/gtest.h>

#include "base/fake_root.h"

namespace kite {
namespace {

constexpr std::uint64_t kKib = 1024, kMib = kKib * kKib;

using AvailableMemory = FakeRoot;

TEST_F(AvailableMemory, is_the_machine_s_where_no_group_has_a_limit) {
  EXPECT_EQ(available_memory_under(root_), 0u);
  write("/proc/meminfo", "MemTotal:       8000000 kB\nMemAvailable:    2048 kB\n");
  EXPECT_EQ(available_memory_under(root_), 2 * kMib);
  write("/proc/self/cgroup", "0::/job\n");
  write("/proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/job/memory.max", "max\n");
  write("/sys/fs/cgroup/job/memory.current", "1048576\n");
  EXPECT_EQ(available_memory_under(root_), 2 * kMib);
}

TEST_F(AvailableMemory, is_what_the_tightest_group_leaves_and_its_idle_file_pages_count_as_left) {
  write("/proc/meminfo", "MemAvailable:    102400 kB\n");
  write("/proc/self/cgroup", "0::/user/job\n");
  write("/proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/user/job/memory.max", "52428800\n");
  write("/sys/fs/cgroup/user/job/memory.current", "31457280\n");
  write("/sys/fs/cgroup/user/job/memory.stat", "anon 1\ninactive_file 10485760\nactive_file 5\n");
  EXPECT_EQ(available_memory_under(root_), 30 * kMib);
  write("/sys/fs/cgroup/user/memory.max", "33554432\n");
  write("/sys/fs/cgroup/user/memory.current", "33554432\n");
  EXPECT_EQ(available_memory_under(root_), 0u);
}

TEST_F(AvailableMemory, knows_the_older_hierarchy_and_its_word_for_no_limit) {
  write("/proc/meminfo", "MemAvailable:    102400 kB\n");
  write("/proc/self/cgroup", "4:memory:/docker/abc\n");
  write("/proc/self/mountinfo", "33 31 0:30 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1048576\n");
  EXPECT_EQ(available_memory_under(root_), 100 * kMib);
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "4194304\n");
  write("/sys/fs/cgroup/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 524288\n");
  EXPECT_EQ(available_memory_under(root_), 3 * kMib + 512 * kKib);
}

TEST(AvailableMemoryHere, is_told_by_this_machine) { EXPECT_GT(available_memory_bytes(), kMib); }

}  // namespace
}  // namespace kite
