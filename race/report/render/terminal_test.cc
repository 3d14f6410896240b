// SPDX-License-Identifier: Apache-2.0
#include "race/report/render/terminal.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

Blocks standings() {
  Table table("t", {{"contestant"}, {"start"}, {"n", Kind::kNumber}}, "Nobody.");
  table.group("a model");
  table.row({"kite", Text("5 ms ") + verdict_mark("28 times sooner", Verdict::kFaster), "10"});
  table.row({"some\x1b[31mbody", "140 ms, reference", "9"});
  Blocks blocks;
  blocks << Picture{{}, table};
  return blocks;
}

TEST(terminal, columns_stand_below_each_other_and_nothing_steers_the_terminal) {
  EXPECT_EQ(terminal_text(standings(), 80),
            "a model\n"
            "  contestant     start                    n\n"
            "  kite           5 ms \xE2\x97\x86 28 times sooner  10\n"
            "  some [31mbody  140 ms, reference        9\n");
}

TEST(terminal, a_table_that_is_too_wide_is_written_a_line_a_value) {
  EXPECT_EQ(terminal_text(standings(), 40),
            "a model\n"
            "  kite\n"
            "    start       5 ms \xE2\x97\x86 28 times sooner\n"
            "    n           10\n"
            "  some [31mbody\n"
            "    start       140 ms, reference\n"
            "    n           9\n");
}

TEST(terminal, what_is_folded_is_named) {
  Blocks blocks;
  blocks << Note{Note::Tone::kOpen, "Not complete.", "Two of three."} << Fold{"3 more sentences", {}} << Plot{};
  EXPECT_EQ(terminal_text(blocks, 80), "Not complete. Two of three.\n\n(3 more sentences: see the report)\n");
}

}  // namespace
}  // namespace kite::race
