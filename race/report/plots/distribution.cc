// SPDX-License-Identifier: Apache-2.0
// One strip for each contestant: the cumulative share of each process's samples, and the medians of the processes as
// dots below.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kCurve = 44, kDots = 16, kCurveRow = kCurve + kDots + 14, kCurveTop = 8;
constexpr std::size_t kCurveMostProcesses = 16, kCurveMostDots = 100, kSteps = 24;
// The ends of the curves: with single slow samples in the picture, the rest would be very small.
constexpr double kCurveLeast = 0.01, kCurveMost = 0.99;

// `sorted` ascends.
void draw_curve(Canvas& canvas, const std::vector<double>& sorted, const Axis& axis, double top,
                const std::string& css) {
  std::vector<Point> points;
  for (std::size_t i = 0; i <= kSteps; ++i) {
    const double share = kCurveLeast + (kCurveMost - kCurveLeast) * static_cast<double>(i) / kSteps;
    const double value = quantile_of_sorted(sorted, share);
    if (!std::isfinite(value)) return;
    points.push_back({axis.at(value), top + kCurve * (1 - share)});
  }
  canvas.polyline(points, css);
}

// `samples`: those of the processes that are drawn, sorted.
void draw_row(Canvas& canvas, const DistributionRow& row, const std::vector<std::vector<double>>& samples,
              const Axis& axis, double top) {
  canvas.fitted_text({8, top + kCurve / 2 + 4}, kLabelWidth, row.label);
  canvas.line({kPlotLeft, top + kCurve}, {kPlotRight, top + kCurve}, "base");
  const std::string css = series_class(row.series);
  const auto medians = sorted_finite(row.medians);
  if (samples.empty()) draw_curve(canvas, medians, axis, top, css + " ln");
  for (const auto& sorted : samples) draw_curve(canvas, sorted, axis, top, css + " ln thin");
  const auto dots = evenly(medians.size(), kCurveMostDots);
  for (std::size_t i = 0; i < dots.size(); ++i) {
    // Three heights, so that neighbours do not hide each other.
    const double y = top + kCurve + 5 + 4.0 * static_cast<double>(i % 3);
    canvas.mark(Shape::kCircle, {axis.at(medians[dots[i]]), y}, 2.6, css + " pt dot");
  }
  const double middle = quantile_of_sorted(medians, 0.5);
  if (std::isfinite(middle)) canvas.line({axis.at(middle), top + 2}, {axis.at(middle), top + kCurve + kDots}, "median");
}

}  // namespace

Plot distribution_plot(const DistributionData& data) {
  std::vector<double> ends;
  std::vector<std::vector<std::vector<double>>> samples;
  for (const auto& row : data.rows) {
    ends.insert(ends.end(), row.medians.begin(), row.medians.end());
    auto& sorted = samples.emplace_back();
    for (const std::size_t i : evenly(row.samples.size(), kCurveMostProcesses)) {
      sorted.push_back(sorted_finite(row.samples[i]));
      ends.push_back(quantile_of_sorted(sorted.back(), kCurveLeast));
      ends.push_back(quantile_of_sorted(sorted.back(), kCurveMost));
    }
  }
  const Axis axis = Axis::around(ends, kPlotLeft, kPlotRight);
  const double bottom = kCurveTop + kCurveRow * static_cast<double>(std::max<std::size_t>(data.rows.size(), 1));
  Canvas canvas(kPlotWidth, bottom + 46, data.words);
  draw_x_axis(canvas, axis, kCurveTop, bottom, data.axis);
  Plot plot{data.words,
            {},
            {{"contestant", "processes", "smallest", "lower quartile", "median", "upper quartile", "largest"},
             {false, true, true, true, true, true, true},
             {}}};
  double top = kCurveTop + 4;
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    const auto& row = data.rows[r];
    draw_row(canvas, row, samples[r], axis, top);
    top += kCurveRow;
    std::vector<std::string> cells = {row.label, fmt::format("{}", row.medians.size())};
    for (const double q : {0.0, 0.25, 0.5, 0.75, 1.0}) cells.push_back(three_digits(quantile(row.medians, q)));
    plot.table.rows.push_back(std::move(cells));
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
