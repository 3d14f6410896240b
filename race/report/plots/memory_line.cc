// SPDX-License-Identifier: Apache-2.0
// Memory over the life of a process.
#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {

Plot memory_plot(const MemoryData& data) {
  constexpr double kLeft = 64, kTop = 10, kBottom = 250, kRight = 730;
  constexpr std::size_t kMostPoints = 240, kTablePoints = 12;
  std::vector<double> times = {0}, sizes = {0};
  std::vector<LegendEntry> legend;
  for (const auto& series : data.series) {
    legend.push_back({series.label, series.series});
    for (const auto& point : series.points) {
      times.push_back(point.ms);
      sizes.push_back(point.mib);
    }
  }
  const Axis x = Axis::around(times, kLeft, kRight), y = Axis::around(sizes, kBottom, kTop);
  Canvas canvas(kPlotWidth, kBottom + 66 + 10 * static_cast<double>(data.series.size()), data.words);
  draw_y_axis(canvas, y, kLeft, kRight, 6);
  draw_x_axis(canvas, x, kTop, kBottom, "ms since exec (MiB upwards)");
  Plot plot{data.words, {}, {{"process", "ms", "MiB"}, {false, true, true}, {}}};
  for (const auto& series : data.series) {
    std::vector<Point> points;
    for (const std::size_t i : evenly(series.points.size(), kMostPoints)) {
      const auto& point = series.points[i];
      if (std::isfinite(point.ms) && std::isfinite(point.mib)) points.push_back({x.at(point.ms), y.at(point.mib)});
    }
    canvas.polyline(points, series_class(series.series) + " ln");
    if (!points.empty()) {
      canvas.mark(series_shape(series.series), points.back(), 4.5, series_class(series.series) + " pt", series.label);
    }
    for (const std::size_t i : evenly(series.points.size(), kTablePoints)) {
      plot.table.rows.push_back({series.label, three_digits(series.points[i].ms), three_digits(series.points[i].mib)});
    }
  }
  draw_legend(canvas, kBottom + 46, legend);
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
