// SPDX-License-Identifier: Apache-2.0
#include "base/subprocess.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

SubprocessResult run(const std::string& script, const SubprocessOptions& options = {}) {
  auto result = run_subprocess({"sh", "-c", script}, options);
  EXPECT_TRUE(result.ok());
  return result.ok() ? std::move(result).value() : SubprocessResult{};
}

TEST(Subprocess, both_streams_and_the_exit_code_come_back) {
  const SubprocessResult result = run("echo out; echo first >&2; echo ' ' >&2; exit 3");
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.last_line(), "first");
  EXPECT_EQ(run("kill -9 $$").exit_code, 137);
  EXPECT_EQ(run("echo a; echo b").last_line(), "b");
  EXPECT_EQ(run("true").last_line(), "");
}

TEST(Subprocess, a_program_that_hangs_is_ended_with_its_children) {
  SubprocessOptions options;
  options.timeout_s = 0.3;
  const SubprocessResult result = run("trap '' TERM; (trap '' TERM; sleep 600) & echo $!; sleep 600", options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_FALSE(result.ok());
  EXPECT_NE(run("kill -0 " + result.output + " 2>/dev/null || exit 7; grep -q '^State:.Z' /proc/" + result.output +
                "/status && exit 7")
                .exit_code,
            0);
}

TEST(Subprocess, a_child_that_keeps_the_pipe_does_not_keep_us) {
  SubprocessOptions options;
  options.timeout_s = 300;
  EXPECT_EQ(run("sleep 600 & echo done", options).output, "done\n");
}

TEST(Subprocess, lines_are_handed_on_also_the_last_without_a_newline) {
  std::vector<std::string> lines;
  SubprocessOptions options;
  options.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  run("printf 'a\\nb\\rc'", options);
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Subprocess, much_output_does_not_block_and_its_end_is_kept) {
  const SubprocessResult result = run("head -c 5000000 /dev/zero | tr '\\0' x; echo end");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.output.ends_with("xend\n"));
  EXPECT_LE(result.output.size(), std::size_t{2} << 20);
}

TEST(Subprocess, environment_folder_and_stop_are_obeyed) {
  SubprocessOptions options;
  options.environment = {{"KITE_SUBJECT", "a b"}};
  options.folder = "/";
  EXPECT_EQ(run("echo $KITE_SUBJECT; pwd", options).output, "a b\n/\n");
  const std::atomic<bool> stop = true;
  options.stop = &stop;
  EXPECT_TRUE(run("sleep 600", options).stopped);
}

TEST(Subprocess, a_program_that_does_not_exist_is_an_error) {
  const auto result = run_subprocess({"/no/such/program"});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_FALSE(run_subprocess({}).ok());
}

}  // namespace
}  // namespace kite
