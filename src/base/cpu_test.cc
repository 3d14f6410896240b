// SPDX-License-Identifier: Apache-2.0
// Instruction sets, and limits read from faked /proc and /sys trees.
#include "base/cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/cpu_limits.h"
#include "base/fake_root.h"

namespace kite {
namespace {

// Puts the old value back, so that a run under a forced KITE_ISA keeps it for later tests.
class IsaVariable : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv("KITE_ISA")) saved_ = value;
  }
  void TearDown() override { saved_.empty() ? ::unsetenv("KITE_ISA") : ::setenv("KITE_ISA", saved_.c_str(), 1); }
  std::string saved_;
};

TEST_F(IsaVariable, forces_the_instruction_set_down) {
  ::setenv("KITE_ISA", "generic", 1);
  ASSERT_TRUE(default_isa().ok());
  EXPECT_EQ(*default_isa(), Isa::kGeneric);
  ::unsetenv("KITE_ISA");
  EXPECT_EQ(*default_isa(), native_isa());
  ::setenv("KITE_ISA", "", 1);
  EXPECT_EQ(*default_isa(), native_isa());
}

TEST_F(IsaVariable, with_an_unknown_name_is_a_usage_error_that_names_it) {
  ::setenv("KITE_ISA", "avx3", 1);
  const auto isa = default_isa();
  ASSERT_FALSE(isa.ok());
  EXPECT_EQ(isa.error().code, ErrorCode::kUsage);
  EXPECT_EQ(isa.error().message(),
            "unknown instruction set \"avx3\"; environment variable KITE_ISA; use generic, avx2 or avx512");
}

TEST(Isa, names_parse_back_exactly_up_to_the_native_one) {
  for (const Isa isa : {Isa::kGeneric, Isa::kAvx2, Isa::kAvx512}) {
    const auto parsed = parse_isa(isa_name(isa));
    EXPECT_EQ(parsed.ok(), isa <= native_isa());
    if (parsed.ok()) {
      EXPECT_EQ(*parsed, isa);
    } else {
      EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    }
  }
}

TEST(Isa, native_agrees_with_the_flags_the_kernel_lists) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line) && !line.starts_with("flags")) {
  }
  if (line.empty()) GTEST_SKIP() << "no flags in /proc/cpuinfo";
  line += ' ';
  const auto has = [&](const char* flag) { return line.find(" " + std::string(flag) + " ") != std::string::npos; };
  Isa expected = Isa::kGeneric;
  if (has("avx2") && has("fma")) expected = Isa::kAvx2;
  if (expected == Isa::kAvx2 && has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl")) {
    expected = Isa::kAvx512;
  }
  EXPECT_EQ(native_isa(), expected);
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
