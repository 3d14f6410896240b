// SPDX-License-Identifier: Apache-2.0
// For each picture, how far a contestant's outputs are from the judge's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kParityRow = 28, kParityTop = 24, kParityRight = 690;
constexpr double kParityLeast = 1e-9;  // equal outputs are drawn here, at the left end
constexpr std::size_t kParityMostDots = 160;

}  // namespace

Plot parity_plot(const ParityData& data) {
  double largest = data.limit * 10;
  double least = data.limit / 10;
  for (const auto& row : data.rows) {
    for (const double value : row.differences) {
      if (!std::isfinite(value)) continue;
      largest = std::max(largest, value * 2);
      if (value > 0) least = std::min(least, std::max(value / 2, kParityLeast));
    }
  }
  const Axis axis = Axis::log(least, largest, kPlotLeft, kParityRight);
  const double bottom = kParityTop + kParityRow * static_cast<double>(std::max<std::size_t>(data.rows.size(), 1));
  Canvas canvas(kPlotWidth, bottom + 46, data.words);
  draw_x_axis(canvas, axis, kParityTop, bottom, "largest logit difference / largest logit of the picture", 9);
  canvas.line({axis.at(data.limit), kParityTop - 6}, {axis.at(data.limit), bottom}, "limit");
  canvas.text({axis.at(data.limit), 14}, "limit " + tick_label(data.limit), Anchor::kMiddle, "t strong");
  Plot plot{
      data.words, {}, {{"contestant", "pictures", "median", "largest", "equal"}, {false, true, true, true, false}, {}}};
  double y = kParityTop + kParityRow / 2;
  for (const auto& row : data.rows) {
    canvas.fitted_text({8, y + 4}, kLabelWidth, row.label);
    auto values = row.differences;
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    std::sort(values.begin(), values.end());
    const auto dots = evenly(values.size(), kParityMostDots);
    for (std::size_t i = 0; i < dots.size(); ++i) {
      const double shift = static_cast<double>(i * 7 % 5) * 3 - 6;
      canvas.mark(Shape::kCircle, {axis.at(values[dots[i]]), y + shift}, 2.2, series_class(row.series) + " pt dot");
    }
    canvas.text({kParityRight + 8, y + 4}, row.equal ? "equal" : "not equal", Anchor::kStart,
                row.equal ? "t" : "t strong");
    plot.table.rows.push_back({row.label, fmt::format("{}", row.differences.size()),
                               three_digits(quantile(values, 0.5)), three_digits(quantile(values, 1)),
                               row.equal ? "yes" : "no"});
    y += kParityRow;
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
