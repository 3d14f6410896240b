// SPDX-License-Identifier: Apache-2.0
#include "race/report/plots/plots.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "race/report/plots/degenerate_plots.h"
#include "race/report/plots/ratio.h"

namespace kite::race {
namespace {

TEST(plots, any_data_is_drawn_without_nan_or_infinity) {
  const std::regex bad("[\"' ,MLhv-](nan|inf)", std::regex::icase);
  for (const auto& plot : degenerate_plots()) {
    EXPECT_FALSE(std::regex_search(plot.svg, bad)) << plot.svg;
    EXPECT_EQ(plot.svg.find("<svg "), 0U);
    EXPECT_NE(plot.svg.find("role=\"img\""), std::string::npos);
    EXPECT_NE(plot.svg.find("<desc id="), std::string::npos);
    EXPECT_EQ(plot.table.columns.size(), plot.table.numeric.size());
    EXPECT_FALSE(std::regex_search(plot.narrow_svg, bad)) << plot.narrow_svg;
    for (const auto& row : plot.table.rows) EXPECT_EQ(row.size(), plot.table.columns.size()) << plot.words.title;
  }
}

TEST(plots, same_data_give_same_bytes) {
  const auto once = degenerate_plots(), again = degenerate_plots();
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(once[i].svg, again[i].svg);
}

TEST(plots, hostile_names_stay_text) {
  for (const auto& plot : degenerate_plots()) EXPECT_EQ(plot.svg.find("<script"), std::string::npos) << plot.svg;
}

TEST(plots, standings_draw_a_bar_for_each_value_and_the_band_of_the_resolution) {
  StandingData data;
  data.words = {"s", "t", "d"};
  data.groups = {{"a model",
                  {{"start, ms", 100, 0.1}, {"memory, MiB", std::nullopt, std::nullopt, true}},
                  {{"X",
                    "its plan",
                    "7 MiB installed",
                    {{50, 45, 55, "50 ms", Verdict::kFaster, "2.0 times sooner"}, {8, {}, {}, "8 MiB", {}, "", false}}},
                   {"R", "", "", {{100, {}, {}, "100 ms", {}, "reference", false}, {}}}}}};
  const Plot plot = standings_plot(data);
  for (const std::string& svg : {plot.svg, plot.narrow_svg}) {
    EXPECT_NE(svg.find("v-faster bar"), std::string::npos);
    EXPECT_NE(svg.find("class=\"band\""), std::string::npos);
    EXPECT_NE(svg.find("2.0 times sooner"), std::string::npos);
    EXPECT_NE(svg.find("7 MiB installed"), std::string::npos);
    EXPECT_NE(svg.find("resolution 10.0 % (the band)"), std::string::npos);
  }
  EXPECT_NE(plot.svg.find("id=\"s\""), std::string::npos);
  EXPECT_NE(plot.narrow_svg.find("id=\"s-narrow\""), std::string::npos);
  // Half as long as the reference's.
  std::smatch half, whole;
  ASSERT_TRUE(
      std::regex_search(plot.svg, half, std::regex("v-faster bar\" x=\"[0-9.]+\" y=\"[0-9.]+\" width=\"([0-9.]+)\"")));
  ASSERT_TRUE(
      std::regex_search(plot.svg, whole, std::regex("v-reference bar\" x=\"[0-9.]+\" y=\"80\" width=\"([0-9.]+)\"")));
  EXPECT_NEAR(std::stod(half[1]) * 2, std::stod(whole[1]), 0.02);
}

TEST(plots, forest_draws_the_interval_where_it_belongs) {
  ForestData data;
  data.words = {"f", "t", "d"};
  data.margin = 0.5;
  data.rows = {{"g", "a", 0.5, 0.25, 1.0, Verdict::kUndecided, "", 7}};
  const auto plot = forest_plot(data);
  // The band ends at ratios 0.5 and 1.5: the mark stands on its left edge.
  std::smatch band, mark;
  ASSERT_TRUE(std::regex_search(plot.svg, band, std::regex("class=\"band\" x=\"([0-9.]+)\"")));
  ASSERT_TRUE(std::regex_search(plot.svg, mark, std::regex("class=\"v-undecided pt ring\" cx=\"([0-9.]+)\"")));
  EXPECT_EQ(band[1], mark[1]);
  EXPECT_EQ(plot.table.rows[0], (std::vector<std::string>{"g", "a", "0.50x (0.25..1.00)", "7", "undecided"}));
}

TEST(plots, forest_draws_each_rows_limit_where_it_belongs_and_no_margin) {
  ForestData data;
  data.words = {"f", "t", "d"};
  data.heading = {"failed: new against base"};
  data.foot = {"/opt/new"};
  data.rows = {{"g", "a", 1.25, 1.1, 1.4, Verdict::kUndecided, "", 7, "slower", 0.25, 0.1},
               {"g", "b", {}, {}, {}, {}, "it crashed", 0, "cannot tell", 0.25, {}}};
  const auto plot = forest_plot(data);
  // The ratio is equal to the limit, so the mark is on the dashed line.
  std::smatch line, mark;
  ASSERT_TRUE(std::regex_search(plot.svg, line, std::regex("class=\"limit\" x1=\"([0-9.]+)\"")));
  ASSERT_TRUE(std::regex_search(plot.svg, mark, std::regex("class=\"v-undecided pt ring\" cx=\"([0-9.]+)\"")));
  EXPECT_EQ(line[1], mark[1]);
  const auto count = [&](std::string_view text) {
    std::size_t n = 0;
    for (std::size_t at = plot.svg.find(text); at != std::string::npos; at = plot.svg.find(text, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("class=\"band\""), 3U);  // two limits, and what moved beside one of them
  EXPECT_EQ(count("class=\"limit\""), 2U);
  for (const char* text : {"failed: new against base", "/opt/new", "cannot tell: it crashed", ">slower<"}) {
    EXPECT_EQ(count(text), 1U) << text;
  }
  EXPECT_EQ(plot.table.rows[1].back(), "cannot tell: it crashed");
}

TEST(plots, forest_names_why_a_row_has_no_ratio) {
  ForestData data;
  data.rows = {{"g", "a", std::nullopt, std::nullopt, std::nullopt, std::nullopt, "failed", 0}};
  EXPECT_NE(forest_plot(data).svg.find("not ranked: failed"), std::string::npos);
}

TEST(plots, pareto_front_leaves_out_who_is_beaten_in_both) {
  ParetoData data;
  data.points = {{"a", 0, 1, 4}, {"beaten", 1, 2, 5}, {"b", 2, 3, 2}, {"other", 3, 0.5, 1, false}};
  const auto with = pareto_plot(data).svg;
  const std::regex front("class=\"front\" points=\"([^\"]*)\"");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(with, found, front));
  const std::string points = found[1];
  EXPECT_EQ(std::count(points.begin(), points.end(), ' '), 4);  // up, a, corner, b, right
}

TEST(plots, drift_map_classes_follow_the_deviation) {
  DriftData data;
  data.cells = {{0, 0, -0.5}, {0, 1, 0.0}, {1, 0, 0.03}, {1, 1, 9}};
  const auto svg = drift_plot(data).svg;
  for (const char* used : {"path class=\"h0\"", "path class=\"h4\"", "path class=\"h5\"", "path class=\"h8\""}) {
    EXPECT_NE(svg.find(used), std::string::npos) << used;
  }
  EXPECT_EQ(svg.find("path class=\"h3\""), std::string::npos);
}

TEST(plots, flame_graph_gives_a_call_its_share_of_the_width) {
  FlameData data;
  data.unit = "samples";
  data.root = {"all", 100, {{"main", 75, {}}, {"other", 25, {}}, {"dust", 0.05, {}}}};
  const auto plot = flame_plot(data);
  EXPECT_NE(plot.svg.find("width=\"569.4\""), std::string::npos);  // 760 * 0.75, less the gap between frames
  EXPECT_EQ(plot.svg.find("dust"), std::string::npos);
  EXPECT_NE(plot.svg.find("data-name=\"main\""), std::string::npos);
  EXPECT_EQ(plot.table.rows[0][0], "main");
}

TEST(plots, flame_graph_survives_endless_depth) {
  FlameData data;
  Frame deep{"leaf", 1, {}};
  for (int i = 0; i < 2000; ++i) {
    Frame caller{"f", 1, {}};
    caller.calls.push_back(std::move(deep));
    deep = std::move(caller);
  }
  data.root = std::move(deep);
  const auto plot = flame_plot(data);
  EXPECT_LT(plot.svg.size(), 60'000U);
}

TEST(plots, many_values_do_not_make_a_plot_heavy) {
  SequenceData sequence;
  SequenceProcess process{0, 3, "flat", std::vector<double>(100'000, 1.5)};
  sequence.rows = {{"a", 0, std::vector<SequenceProcess>(30, process)}};
  EXPECT_LT(run_sequence_plot(sequence).svg.size(), 20'000U);
  DistributionData distribution;
  distribution.rows = {{"a", 0, std::vector<double>(5000, 1), std::vector<std::vector<double>>(40, process.ms)}};
  EXPECT_LT(distribution_plot(distribution).svg.size(), 20'000U);
}

TEST(plots, ratios_show_the_decimals_that_decide) {
  EXPECT_EQ(ratio_with_interval(0.52, 0.5, 0.54), "0.52x (0.50..0.54)");
  EXPECT_EQ(ratio_with_interval(0.985, 0.979, 0.991), "0.985x (0.979..0.991)");
  EXPECT_EQ(ratio_with_interval(0.401, 0.398, 0.404), "0.401x (0.398..0.404)");
  EXPECT_EQ(ratio_with_interval(12.34, std::nullopt, 3), "12.3x");
  EXPECT_EQ(ratio_with_interval(NAN, 1, 2), "n/a");
  EXPECT_EQ(ratio_with_interval(std::nullopt, 1, 2), "n/a");
}

}  // namespace
}  // namespace kite::race
