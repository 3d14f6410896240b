// SPDX-License-Identifier: Apache-2.0
#include "race/report/plots/canvas.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>

#include "race/report/plots/escape.h"

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
  EXPECT_EQ(escaped("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  Canvas canvas(10, 10, {"i\"d", "<t>", "a & b"});
  canvas.text({0, 0}, "</text><script>");
  canvas.rect({0, 0}, 1, 1, "r", "</title>");
  const std::string svg = std::move(canvas).svg();
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_NE(svg.find("<title id=\"i&quot;d-title\">&lt;t&gt;</title>"), std::string::npos);
  EXPECT_NE(svg.find("&lt;/title&gt;</title></rect>"), std::string::npos);
}

TEST(canvas, bytes_that_are_no_utf8_are_replaced) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("a\x80z"), "a" + mark + "z");
  EXPECT_EQ(escaped("\xC3\xA9"), "\xC3\xA9");
  EXPECT_EQ(escaped("\xC3"), mark);                           // cut short
  EXPECT_EQ(escaped("\xC0\xAF"), mark + mark);                // overlong "/"
  EXPECT_EQ(escaped("\xED\xA0\x80"), mark + mark + mark);     // a surrogate
  EXPECT_EQ(escaped(std::string("\0\x1B", 2)), mark + mark);  // XML forbids them
  EXPECT_EQ(escaped("\xEF\xBF\xBF"), mark + mark + mark);     // U+FFFF, too
  EXPECT_EQ(escaped("\xF0\x9F\xA6\x8B"), "\xF0\x9F\xA6\x8B");
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
