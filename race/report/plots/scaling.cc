// SPDX-License-Identifier: Apache-2.0
// Time over the number of threads.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "race/report/plots/plots.h"

namespace kite::race {

Plot scaling_plot(const ScalingData& data) {
  constexpr double kLeft = 64, kTop = 10, kBottom = 270, kRight = 730;
  std::vector<double> times;
  std::set<std::int32_t> threads;
  std::vector<LegendEntry> legend;
  for (const auto& series : data.series) {
    legend.push_back({series.label, series.series});
    for (const auto& point : series.points) {
      times.push_back(point.ms);
      threads.insert(point.threads);
    }
  }
  const double fewest = threads.empty() ? 1 : *threads.begin(), most = threads.empty() ? 2 : *threads.rbegin();
  const Axis x = Axis::log(fewest / 1.05, most * 1.05, kLeft, kRight);
  const Axis y = Axis::from_zero(times, kBottom, kTop);
  const double legend_lines = static_cast<double>(data.series.size()) / 2 + 1;
  Canvas canvas(kPlotWidth, kBottom + 56 + 20 * legend_lines, data.words);
  draw_y_axis(canvas, y, kLeft, kRight, 6);
  canvas.line({kLeft, kBottom}, {kRight, kBottom}, "axis");
  for (const std::int32_t count : threads) {
    canvas.line({x.at(count), kBottom}, {x.at(count), kBottom + 5}, "axis");
    canvas.text({x.at(count), kBottom + 18}, fmt::format("{}", count), Anchor::kMiddle, "t num");
  }
  canvas.text({(kLeft + kRight) / 2, kBottom + 38},
              y.is_log() ? "threads (ms upwards, logarithmic)" : "threads (ms upwards)", Anchor::kMiddle, "t quiet");
  Plot plot{data.words, {}, {{"contestant", "threads", "median, ms", "n"}, {false, true, true, true}, {}}};
  for (const auto& series : data.series) {
    const std::string css = series_class(series.series);
    std::vector<Point> points;
    for (const auto& point : series.points) {
      plot.table.rows.push_back(
          {series.label, fmt::format("{}", point.threads), three_digits(point.ms), fmt::format("{}", point.n)});
      if (std::isfinite(point.ms)) points.push_back({x.at(point.threads), y.at(point.ms)});
    }
    canvas.polyline(points, css + " ln");
    for (const Point point : points) canvas.mark(series_shape(series.series), point, 4.5, css + " pt", series.label);
  }
  draw_legend(canvas, kBottom + 48, legend);
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
