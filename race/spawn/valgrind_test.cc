// SPDX-License-Identifier: Apache-2.0
#include "race/spawn/valgrind.h"

#include "base/test_folder.h"
#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

TEST(Valgrind, callgrinds_total_is_read) {
  EXPECT_EQ(*parse_callgrind("version: 1\nsummary: 12\n\nfn=main\n1 12\n\ntotals: 123456\n"), 123456);
  EXPECT_EQ(*parse_callgrind("events: Ir\nsummary: 77\n"), 77);
  EXPECT_FALSE(parse_callgrind("").ok());
  EXPECT_FALSE(parse_callgrind("totals: many\n").ok());
}

TEST(Valgrind, massifs_largest_snapshot_is_read) {
  EXPECT_EQ(
      *parse_massif("desc: x\nsnapshot=0\nmem_heap_B=100\nmem_heap_extra_B=8\nmem_stacks_B=0\n"
                    "snapshot=1\nmem_heap_B=5000\nmem_heap_extra_B=16\nsnapshot=2\nmem_heap_B=7\nmem_heap_extra_B=1\n"),
      5016);
  EXPECT_FALSE(parse_massif("").ok());
  EXPECT_FALSE(parse_massif("desc: x\nmem_heap_B=100\n").ok());
}

TEST(Valgrind, the_command_keeps_its_arguments) {
  const auto wrapped = under_valgrind(ValgrindTool::kMassif, {"a", "--b"}, "/tmp/out");
  EXPECT_EQ(wrapped, (std::vector<std::string>{"valgrind", "--quiet", "--tool=massif", "--massif-out-file=/tmp/out",
                                               "a", "--b"}));
}

using ValgrindHere = SpawnerFixture;

TEST_F(ValgrindHere, counts_have_a_value_or_a_reason) {
  const TestFolder folder;
  const std::string file = folder / "counts";
  const auto instructions = run_under_valgrind(*spawner_, ValgrindTool::kCallgrind, command({"true"}), file);
  const auto heap = run_under_valgrind(*spawner_, ValgrindTool::kMassif, command({"sort", "/dev/null"}), file);
  EXPECT_TRUE(instructions.value.has_value() || !instructions.reason.empty());
  EXPECT_TRUE(heap.value.has_value() || !heap.reason.empty());
  if (!instructions.value) GTEST_SKIP() << instructions.reason;
  EXPECT_GT(*instructions.value, 10'000);
  EXPECT_GT(heap.value.value_or(0), 1'000) << heap.reason;
}

TEST_F(ValgrindHere, a_failing_program_is_a_reason) {
  const TestFolder folder;
  const std::string file = folder / "counts";
  const auto counter = run_under_valgrind(*spawner_, ValgrindTool::kCallgrind, command({"false"}), file);
  EXPECT_FALSE(counter.value.has_value());
  EXPECT_TRUE(counter.reason.starts_with("valgrind is not installed") ||
              counter.reason.starts_with("under valgrind: exit code 1"))
      << counter.reason;
}

}  // namespace
}  // namespace kite::race
