// SPDX-License-Identifier: Apache-2.0
#include "race/spawn/environment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "race/spawn/affinity.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

TEST(Environment, what_tunes_a_runtime_is_not_inherited) {
  for (const char* name : {"OMP_NUM_THREADS", "LD_PRELOAD_X", "PYTHONPATH", "MALLOC_ARENA_MAX"}) setenv(name, "1", 1);
  setenv("LC_ALL", "C", 1);
  const auto kept = clean_environment();
  for (const char* name : {"OMP_NUM_THREADS", "LD_PRELOAD_X", "PYTHONPATH", "MALLOC_ARENA_MAX"}) {
    EXPECT_FALSE(kept.contains(name)) << name;
    unsetenv(name);
  }
  EXPECT_EQ(kept.at("LC_ALL"), "C");
  EXPECT_FALSE(kept.at("PATH").empty());
}

TEST(Environment, additions_win_and_the_padding_is_as_long_as_asked) {
  const auto entries = child_environment({{"HOME", "/elsewhere"}, {"A", "b=c"}}, 3);
  const auto has = [&](const std::string& entry) {
    return std::find(entries.begin(), entries.end(), entry) != entries.end();
  };
  EXPECT_TRUE(has("HOME=/elsewhere"));
  EXPECT_TRUE(has("A=b=c"));
  EXPECT_TRUE(has("KITE_RACE_PADDING=xxx"));
}

TEST(Environment, a_program_is_found_as_exec_would) {
  EXPECT_EQ(find_program("sh", "/no/such:/bin:/usr/bin"), "/bin/sh");
  EXPECT_EQ(find_program("./a", "/bin"), "./a");
  EXPECT_EQ(find_program("sh", ""), std::nullopt);
  EXPECT_EQ(find_program("", "/bin"), std::nullopt);
  EXPECT_EQ(find_program("bin", "/:/usr"), std::nullopt);  // a folder is not a program
}

TEST(ProcText, keys_are_whole_words) {
  EXPECT_EQ(value_of("cpu0 1 2\ncpu  3 4\n", "cpu"), "3 4");
  EXPECT_EQ(value_of("MemTotal:   5 kB\n", "MemTotal"), "5 kB");
  EXPECT_EQ(value_of("a=b", "a"), "b");
  EXPECT_EQ(value_of("", "a"), std::nullopt);
  EXPECT_EQ(value_of("a", "a"), std::nullopt);
}

TEST(ProcText, lists_of_processors_are_counted) {
  EXPECT_EQ(cpu_list_size("0-3,7"), 5);
  EXPECT_EQ(cpu_list_size("5"), 1);
  EXPECT_EQ(cpu_list_size(""), 0);
  EXPECT_EQ(cpu_list_size("3-1"), 0);
  EXPECT_EQ(cpu_list_size("0-99999999999"), 0);
  EXPECT_EQ(cpu_list_size("a,b"), 0);
}

TEST(Affinity, a_pinned_thread_returns_to_where_it_was) {
  const std::vector<int> all = allowed_cpus();
  ASSERT_FALSE(all.empty());
  {
    const PinnedThread pinned({all.back()});
    EXPECT_EQ(allowed_cpus(), std::vector<int>{all.back()});
  }
  EXPECT_EQ(allowed_cpus(), all);
  {
    const PinnedThread nowhere({});
    EXPECT_EQ(allowed_cpus(), all);
  }
  EXPECT_EQ(cpus_without({0, 1, 2}, {1, 5}), (std::vector<int>{0, 2}));
}

}  // namespace
}  // namespace kite::race
