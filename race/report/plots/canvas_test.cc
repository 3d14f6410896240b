// SPDX-License-Identifier: Apache-2.0
#include "race/report/plots/canvas.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>

namespace kite::race {
namespace {

TEST(canvas, coordinates_have_two_decimals_at_most) {
  EXPECT_EQ(coordinate(12), "12");
  EXPECT_EQ(coordinate(12.5), "12.5");
  EXPECT_EQ(coordinate(1.0 / 3), "0.33");
  EXPECT_EQ(coordinate(-0.001), "0");
  EXPECT_EQ(coordinate(NAN), "0");
  EXPECT_EQ(coordinate(-INFINITY), "0");
}

TEST(canvas, coordinates_do_not_follow_the_locale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(coordinate(12.5), "12.5");
  std::setlocale(LC_ALL, before.c_str());
}

TEST(canvas, text_cannot_leave_its_element) {
  Canvas canvas(10, 10, {"i\"d", "<t>", "a & b"});
  canvas.text({0, 0}, "</text><script>");
  canvas.rect({0, 0}, 1, 1, "r", "</title>");
  const std::string svg = std::move(canvas).svg();
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_NE(svg.find("<title id=\"i&quot;d-title\">&lt;t&gt;</title>"), std::string::npos);
  EXPECT_NE(svg.find("&lt;/title&gt;</title></rect>"), std::string::npos);
}

TEST(canvas, long_labels_are_cut_between_code_points_and_kept_as_tip) {
  Canvas canvas(10, 10, {"i", "t", "d"});
  std::string label;
  for (int i = 0; i < 40; ++i) label += "\xC3\xA9";
  canvas.fitted_text({0, 0}, 60, label);
  const std::string svg = std::move(canvas).svg();
  EXPECT_NE(svg.find("<title>" + label + "</title>"), std::string::npos);
  EXPECT_NE(svg.find("\xC3\xA9\xE2\x80\xA6</text>"), std::string::npos);
}

}  // namespace
}  // namespace kite::race
