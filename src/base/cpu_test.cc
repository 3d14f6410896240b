// SPDX-License-Identifier: Apache-2.0
// Features, and limits read from faked /proc and /sys trees.
#include "base/cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/cpu_limits.h"
#include "base/fake_root.h"

namespace kite {
namespace {

TEST(Features, agree_with_the_flags_the_kernel_lists) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "there is one set of features on this architecture";
#endif
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line) && !line.starts_with("flags")) {
  }
  if (line.empty()) GTEST_SKIP() << "no flags in /proc/cpuinfo";
  line += ' ';
  const auto has = [&](const char* flag) { return line.find(" " + std::string(flag) + " ") != std::string::npos; };
  Features expected;
  const std::pair<const char*, Features> named[] = {
      {"avx2", kAvx2},         {"fma", kFma},           {"avx512f", kAvx512F},       {"avx512bw", kAvx512Bw},
      {"avx512dq", kAvx512Dq}, {"avx512vl", kAvx512Vl}, {"avx512_vnni", kAvx512Vnni}};
  for (const auto& [flag, feature] : named) {
    if (has(flag)) expected = expected | feature;
  }
  EXPECT_EQ(processor_features(), expected);
}

TEST(Cpus, follow_the_affinity_of_the_thread) {
  const std::vector<int> all = allowed_cpus();
  ASSERT_FALSE(all.empty());
  EXPECT_TRUE(std::ranges::is_sorted(all));
  std::vector<int> seen;
  int threads = 0;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(all.back(), &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    seen = allowed_cpus();
    threads = default_thread_count();
  }).join();
  EXPECT_EQ(seen, std::vector<int>{all.back()});
  EXPECT_EQ(threads, 1);
  EXPECT_LE(default_thread_count(), static_cast<int>(all.size()));
  EXPECT_GE(default_thread_count(), 1);
}

TEST_F(FakeRoot, without_proc_and_sys_there_is_no_limit_and_every_cpu_is_a_core) {
  EXPECT_EQ(cgroup_cpu_limit_under(root_), 0);
  EXPECT_EQ(physical_cores_under(root_, std::vector<int>{0, 1, 5}), 3);
  EXPECT_EQ(cpu_model_name_under(root_), "");
}

TEST_F(FakeRoot, a_v2_quota_is_rounded_up_and_the_tightest_parent_counts) {
  write("/proc/self/cgroup", "0::/user/job\n");
  write("/proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_cpu_limit_under(root_), 0);
  write("/sys/fs/cgroup/user/job/cpu.max", "350000 100000\n");
  EXPECT_EQ(cgroup_cpu_limit_under(root_), 4);
  write("/sys/fs/cgroup/user/cpu.max", "50000 100000\n");
  EXPECT_EQ(cgroup_cpu_limit_under(root_), 1);
  EXPECT_DOUBLE_EQ(cgroup_cpu_share_under(root_), 0.5);
}

TEST_F(FakeRoot, a_v1_quota_counts_also_where_the_container_sees_only_its_own_group) {
  write("/proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n");
  write("/proc/self/mountinfo",
        "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "33 31 0:30 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_cpu_limit_under(root_), 0);
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
  EXPECT_EQ(cgroup_cpu_limit_under(root_), 2);
}

TEST_F(FakeRoot, nonsense_in_a_quota_is_no_limit) {
  write("/proc/self/cgroup", "0::/../other\n");
  write("/proc/self/mountinfo", "broken\n30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  for (const char* text : {"", "abc 100000", "100000 0", "-5 100000", "99999999999999999999 1", "100000"}) {
    write("/sys/fs/cgroup/cpu.max", text);
    EXPECT_EQ(cgroup_cpu_limit_under(root_), 0) << text;
  }
}

TEST_F(FakeRoot, threads_of_one_core_count_once) {
  write("/sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0,2\n");
  write("/sys/devices/system/cpu/cpu1/topology/core_cpus_list", "1,3\n");
  write("/sys/devices/system/cpu/cpu2/topology/core_cpus_list", "0,2\n");
  write("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "1,3\n");
  EXPECT_EQ(physical_cores_under(root_, std::vector<int>{0, 1, 2, 3}), 2);
  EXPECT_EQ(physical_cores_under(root_, std::vector<int>{0, 2}), 1);
}

TEST_F(FakeRoot, the_processor_name_is_read_from_cpuinfo) {
  write("/proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: Other\n");
  EXPECT_EQ(cpu_model_name_under(root_), "Some CPU @ 3 GHz");
}

}  // namespace
}  // namespace kite
