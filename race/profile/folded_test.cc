// SPDX-License-Identifier: Apache-2.0
#include "race/profile/folded.h"

#include <gtest/gtest.h>

#include <random>

namespace kite::race {
namespace {

constexpr const char* kPerf =
    "perf-exec \n"
    "\t          1111 execve (/usr/bin/perf)\n"
    "\n"
    "kite \n"
    "\t          1671 void conv<1, (Act)2>(float*) (/usr/bin/kite)\n"
    "\t          5688 kite::(anonymous namespace)::run (/usr/bin/kite)\n"
    "\t          4b37 main (/usr/bin/kite)\n"
    "\n"
    "kite worker \n"
    "\t          1671 void conv<1, (Act)2>(float*) (/usr/bin/kite)\n"
    "\t          5688 kite::(anonymous namespace)::run (/usr/bin/kite)\n"
    "\t          4b37 main (/usr/bin/kite)\n"
    "\n"
    "kite \n"
    "\t          9999 [unknown] (/opt/lib/libonnxruntime.so)\n"
    "\t          8888 [unknown] (/opt/lib/libonnxruntime.so)\n"
    "\t          7777 operator;weird (/usr/bin/kite)\n"
    "\t             0 [unknown] ([unknown])\n";

TEST(Folded, samples_of_perf_become_stacks_from_the_outermost_function_inwards) {
  const FoldedStacks stacks = fold_perf_script(kPerf);
  EXPECT_EQ(folded_text(stacks),
            "main;kite::(anonymous namespace)::run;void conv<1, (Act)2>(float*) 2\n"
            "operator:weird;[libonnxruntime.so] 1\n");
  EXPECT_EQ(sample_count(stacks), 3u);
  EXPECT_DOUBLE_EQ(named_share(stacks), 7.0 / 8);
}

TEST(Folded, addresses_of_py_spy_are_called_after_their_library_and_merged) {
  const FoldedStacks stacks = fold_py_spy(
      "<module> (a.py);run (a.py);0x7fbf (pkg/core.so);0x7fc0 (pkg/core.so) 3\n"
      "0x7f1a (libc.so.6);<module> (a.py);run (a.py);0x7faa (pkg/core.so) 4\n"
      "no count\n"
      "bad count x\n"
      "zero 0\n"
      " 7\n");
  EXPECT_EQ(folded_text(stacks), "<module> (a.py);run (a.py);[core.so] 7\n");
  EXPECT_EQ(fold_py_spy(folded_text(stacks)), stacks);
}

TEST(Folded, nothing_is_no_stack) {
  EXPECT_TRUE(fold_perf_script("").empty());
  EXPECT_TRUE(fold_perf_script("\n\n\n").empty());
  EXPECT_TRUE(fold_perf_script("kite \n").empty());
  EXPECT_TRUE(fold_py_spy("").empty());
  EXPECT_EQ(named_share({}), 0);
}

TEST(Folded, a_stack_without_end_and_a_name_without_end_are_cut) {
  std::string deep = "x \n";
  for (int i = 0; i < 100'000; ++i) deep += "\t 1 f (a)\n\t 1 g (a)\n";
  std::string flat;
  for (int i = 0; i < 100'000; ++i) flat += "f;";
  const std::string name(1'000'000, 'n');
  for (const FoldedStacks& stacks :
       {fold_perf_script(deep), fold_py_spy(flat + "f 1"), fold_perf_script("x \n\t 1 " + name + " (a)\n")}) {
    ASSERT_EQ(stacks.size(), 1u);
    EXPECT_LE(stacks.begin()->first.size(), 600u);
  }
}

TEST(Folded, counts_that_overflow_stay_at_the_largest) {
  const std::string most = "a 18446744073709551615\n";
  EXPECT_EQ(folded_text(fold_py_spy(most + most)), most);
  EXPECT_TRUE(fold_py_spy("a 18446744073709551616\n").empty());
}

TEST(Folded, any_bytes_are_read_and_what_is_written_is_read_back_the_same) {
  std::mt19937 random(7);
  const std::string alphabet("\n\t ;()[]0x1ab\0\xFF\r", 16);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += alphabet[random() % alphabet.size()];
    for (const FoldedStacks& stacks : {fold_perf_script(text), fold_py_spy(text)}) {
      EXPECT_LE(sample_count(fold_py_spy(folded_text(stacks))), sample_count(stacks));
      for (const auto& [stack, times] : stacks) EXPECT_EQ(stack.find('\n'), std::string::npos) << round;
    }
  }
}

}  // namespace
}  // namespace kite::race
