// SPDX-License-Identifier: Apache-2.0
// Builds one SVG picture. Coordinates have at most two decimals and do not depend on the locale, so the same data give
// the same bytes. Text is escaped. NaN and infinities are drawn at 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "race/report/plots/palette.h"

namespace kite::race {

struct Point {
  double x = 0, y = 0;
};

enum class Anchor : std::uint8_t { kStart, kMiddle, kEnd };

// The title and description of a picture, also for people who cannot see it. `id` is unique on the page.
struct PlotWords {
  std::string id, title, description;
};

class Canvas {
 public:
  Canvas(double width, double height, const PlotWords& words);

  void line(Point from, Point to, std::string_view css);
  void rect(Point corner, double width, double height, std::string_view css, std::string_view tip = {});
  // Rectangles of one class as one path, which takes a tenth of the bytes.
  void rects(const std::vector<Point>& corners, double width, double height, std::string_view css);
  void polyline(const std::vector<Point>& points, std::string_view css);
  void mark(Shape shape, Point centre, double radius, std::string_view css, std::string_view tip = {});
  void text(Point at, std::string_view text, Anchor anchor = Anchor::kStart, std::string_view css = "t");
  // A text that would be wider than `width` is cut with an ellipsis; the whole text is then shown as a tip.
  void fitted_text(Point at, double width, std::string_view text, Anchor anchor = Anchor::kStart,
                   std::string_view css = "t");
  // `attributes` are written unchanged: the caller has escaped them.
  void open_group(std::string_view css, std::string_view attributes = {});
  void close_group();

  [[nodiscard]] std::string svg() &&;

 private:
  void shape_end(std::string_view element, std::string_view tip);

  std::string out_;
};

[[nodiscard]] std::string coordinate(double value);  // "12", "12.5", "12.25"; "0" for NaN and infinities

// Estimated width of 12 px text in the page's sans serif, rather too wide; it is used to position labels.
[[nodiscard]] double text_width(std::string_view text) noexcept;

}  // namespace kite::race
