// SPDX-License-Identifier: Apache-2.0
// Time against peak memory. A contestant is on the stepped line if no other one is better in both.
#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kParetoLeft = 64, kParetoTop = 16, kParetoBottom = 330, kParetoRight = 730;

// Positions a label beside its point and moves it down or up until it covers no mark and no other label.
class LabelPlaces {
 public:
  explicit LabelPlaces(const std::vector<Point>& marks) {
    for (const Point mark : marks) taken_.push_back({mark.x - 6, mark.y + 4, 12});
  }

  Point place(Point at, double width) {
    const double right = at.x + 10, left = at.x - 10 - width;
    for (const double shift : {4.0, 18.0, -10.0, 32.0, -24.0, 46.0, -38.0, -52.0}) {
      for (const double x : {right, left}) {
        const Box box{x, at.y + shift, width};
        if (x < kParetoLeft || x + width > kParetoRight + 16 || box.y > kParetoBottom - 3 || box.y < kParetoTop) {
          continue;
        }
        if (std::any_of(taken_.begin(), taken_.end(), [&](const Box& other) { return box.meets(other); })) continue;
        taken_.push_back(box);
        return {x, box.y};
      }
    }
    return {right + width > kParetoRight + 16 ? left : right, at.y + 4};
  }

 private:
  struct Box {
    double x, y, width;
    [[nodiscard]] bool meets(const Box& other) const {
      return x < other.x + other.width && other.x < x + width && std::abs(y - other.y) < 13;
    }
  };
  std::vector<Box> taken_;
};

std::vector<Point> front_of(std::vector<ParetoPoint> points, const Axis& x, const Axis& y) {
  std::erase_if(points, [](const ParetoPoint& point) { return !point.ranked; });
  std::sort(points.begin(), points.end(),
            [](const ParetoPoint& a, const ParetoPoint& b) { return a.ms != b.ms ? a.ms < b.ms : a.mib < b.mib; });
  std::vector<Point> front;
  double least = 0;
  for (const auto& point : points) {
    const Point at{x.at(point.ms), y.at(point.mib)};
    if (front.empty()) {
      front.push_back({at.x, kParetoTop});
    } else if (point.mib >= least) {
      continue;
    } else {
      front.push_back({at.x, front.back().y});
    }
    least = point.mib;
    front.push_back(at);
  }
  if (!front.empty()) front.push_back({kParetoRight, front.back().y});
  return front;
}

}  // namespace

Plot pareto_plot(const ParetoData& data) {
  std::vector<ParetoPoint> points;
  std::vector<double> times, sizes;
  for (const auto& point : data.points) {
    if (!std::isfinite(point.ms) || !std::isfinite(point.mib)) continue;
    points.push_back(point);
    times.push_back(point.ms);
    sizes.push_back(point.mib);
  }
  const Axis x = Axis::from_zero(times, kParetoLeft, kParetoRight),
             y = Axis::from_zero(sizes, kParetoBottom, kParetoTop);
  Canvas canvas(kPlotWidth, kParetoBottom + 46, data.words);
  draw_y_axis(canvas, y, kParetoLeft, kParetoRight, 6);
  draw_x_axis(canvas, x, kParetoTop, kParetoBottom, y.is_log() ? "ms (MiB upwards, logarithmic)" : "ms (MiB upwards)");
  canvas.polyline(front_of(points, x, y), "front");
  std::vector<Point> marks;
  for (const auto& point : points) marks.push_back({x.at(point.ms), y.at(point.mib)});
  LabelPlaces places(marks);
  for (const auto& point : points) {
    const Point at{x.at(point.ms), y.at(point.mib)};
    canvas.mark(series_shape(point.series), at, 5, series_class(point.series) + " pt", point.label);
    const std::string label = point.ranked ? point.label : point.label + " (not ranked)";
    const double width = std::min(text_width(label), 240.0);
    canvas.fitted_text(places.place(at, width), width, label, Anchor::kStart, point.ranked ? "t halo" : "t halo quiet");
  }
  Plot plot{data.words, {}, {{"contestant", "median, ms", "peak memory, MiB"}, {false, true, true}, {}}};
  for (const auto& point : data.points) {
    plot.table.rows.push_back(
        {point.ranked ? point.label : point.label + " (not ranked)", three_digits(point.ms), three_digits(point.mib)});
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
