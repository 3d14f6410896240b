// SPDX-License-Identifier: Apache-2.0
#include "race/report/render/markdown.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

std::string of(Blocks blocks) { return markdown(blocks); }

TEST(markdown, headings_of_groups_become_a_first_column) {
  Table table("t", {{"name"}, {"ms", Kind::kNumber}}, "none");
  table.group("here");
  table.row({"a", "1"});
  table.group("there");
  table.row({"b", "2"});
  Blocks blocks;
  blocks << table;
  EXPECT_EQ(of(blocks), "| where | name | ms |\n|---|---|---:|\n| here | a | 1 |\n| there | b | 2 |\n\n");
}

TEST(markdown, text_of_others_starts_no_markup) {
  EXPECT_EQ(markdown_safe("a|b\n<i> *x* [y] `z`"), "a\\|b \\<i> \\*x\\* \\[y\\] \\`z\\`");
  Table table("t", {{"name"}}, "none");
  table.row({code("a`b|c")});
  table.row({link("logs/1) [x](http", "log|")});
  Blocks blocks;
  blocks << table << Fold{"<script>", {}} << Code{"echo ```\n"};
  EXPECT_EQ(of(blocks),
            "| name |\n|---|\n| `a'b c` |\n| [log\\|](logs/1%29%20%5Bx%5D%28http) |\n\n"
            "<details><summary>&lt;script&gt;</summary>\n\n</details>\n\n```\necho '''\n```\n\n");
}

TEST(markdown, a_plot_is_its_values) {
  Plot plot{{"id", "Title.", "What it shows."}, "<svg/>", {{"who", "ms"}, {false, true}, {{"a", "1"}}}};
  Blocks blocks;
  add_plots(blocks, {plot, plot}, 1);
  const std::string once =
      "<details><summary>Title.</summary>\n\nWhat it shows.\n\n| who | ms |\n|---|---:|\n| a | 1 |\n\n</details>\n\n";
  EXPECT_EQ(of(blocks), once + once);
}

TEST(markdown, a_table_without_rows_says_so) {
  Blocks blocks;
  blocks << Table("t", {{"name"}}, "Nobody raced.");
  EXPECT_EQ(of(blocks), "Nobody raced.\n\n");
}

}  // namespace
}  // namespace kite::race
