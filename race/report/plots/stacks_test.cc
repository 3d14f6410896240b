// SPDX-License-Identifier: Apache-2.0
#include "race/report/plots/stacks.h"

#include <gtest/gtest.h>

#include <random>

namespace kite::race {
namespace {

TEST(Stacks, stacks_that_begin_alike_share_their_frames) {
  const StackProfile profile = read_stacks(
      "main;run;conv 5\n"
      "main;run x;pool 2\n"  // sorts between the others as a line, not as frames
      "main;run;gemm 3\n"
      "main;run 1\n");
  EXPECT_EQ(profile.root.value, 11);
  ASSERT_EQ(profile.root.calls.size(), 1u);
  const Frame& main = profile.root.calls[0];
  ASSERT_EQ(main.calls.size(), 2u);
  EXPECT_EQ(main.calls[0].name, "run");
  EXPECT_EQ(main.calls[0].value, 9);
  EXPECT_EQ(main.calls[0].calls.size(), 2u);
  EXPECT_EQ(main.calls[1].name, "run x");
}

TEST(Stacks, functions_are_ordered_by_their_own_samples_and_recursion_counts_once) {
  const StackProfile profile = read_stacks("a;f;f;f 4\na;g 6\na 1\n");
  ASSERT_EQ(profile.functions.size(), 3u);
  EXPECT_EQ(profile.functions[0].name, "g");
  EXPECT_EQ(profile.functions[1].name, "f");
  EXPECT_EQ(profile.functions[1].self, 4);
  EXPECT_EQ(profile.functions[1].total, 4);
  EXPECT_EQ(profile.functions[2].name, "a");
  EXPECT_EQ(profile.functions[2].self, 1);
  EXPECT_EQ(profile.functions[2].total, 11);
}

TEST(Stacks, lines_that_are_none_are_left_out) {
  EXPECT_EQ(read_stacks("").root.value, 0);
  EXPECT_EQ(read_stacks("\n\n;;; 3\na\na x\na -1\na inf\na nan\na 1e999\n 5\n").root.value, 0);
  EXPECT_EQ(read_stacks(";a;;b; 2").root.calls[0].calls[0].name, "b");
}

TEST(Stacks, depth_is_bounded) {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "f;";
  const StackProfile profile = read_stacks(deep + "g 1\n");
  int depth = 0;
  for (const Frame* frame = &profile.root; !frame->calls.empty(); frame = &frame->calls[0]) ++depth;
  EXPECT_EQ(depth, 256);
}

TEST(Stacks, any_bytes_are_read) {
  std::mt19937 random(3);
  const std::string alphabet("\n ;,a1.e-\0\xFF", 11);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += alphabet[random() % alphabet.size()];
    EXPECT_GE(read_stacks(text).root.value, 0);
    const MemoryPoints points = read_memory(text);
    EXPECT_EQ(points.anonymous.size(), points.file.size());
  }
}

TEST(Memory, is_read_in_mebibytes_and_time_never_goes_back) {
  const MemoryPoints points = read_memory(
      "ms,rss_anon_bytes,rss_file_bytes\n0.000,1048576,0\n10.5,2097152,524288\n"
      "9,1,1\nx,1,1\n11,1\n12,1,1,1\n");
  ASSERT_EQ(points.anonymous.size(), 2u);
  EXPECT_EQ(points.anonymous[1].ms, 10.5);
  EXPECT_EQ(points.anonymous[1].mib, 2);
  EXPECT_EQ(points.file[1].mib, 0.5);
}

}  // namespace
}  // namespace kite::race
