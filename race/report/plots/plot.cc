// SPDX-License-Identifier: Apache-2.0
// What several plots share: axes, legends, and the choice of a few among many.
#include "race/report/plots/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kite::race {

void draw_x_axis(Canvas& canvas, const Axis& axis, double top, double bottom, const std::string& title, int most) {
  double free_from = -1e9;
  double left = 1e9, right = -1e9;
  for (const auto& tick : axis.ticks(most)) {
    canvas.line({tick.px, top}, {tick.px, bottom}, "grid");
    left = std::min(left, tick.px);
    right = std::max(right, tick.px);
    const double half = text_width(tick.label) / 2;
    if (tick.px - half < free_from) continue;
    canvas.text({tick.px, bottom + 16}, tick.label, Anchor::kMiddle, "t num");
    free_from = tick.px + half + 8;
  }
  canvas.line({axis.at(axis.low()), bottom}, {axis.at(axis.high()), bottom}, "axis");
  const double middle = (axis.at(axis.low()) + axis.at(axis.high())) / 2;
  canvas.text({middle, bottom + 36}, axis.is_log() ? title + ", logarithmic" : title, Anchor::kMiddle, "t quiet");
}

void draw_y_axis(Canvas& canvas, const Axis& axis, double left, double right, int most) {
  for (const auto& tick : axis.ticks(most)) {
    canvas.line({left, tick.px}, {right, tick.px}, "grid");
    canvas.text({left - 6, tick.px + 4}, tick.label, Anchor::kEnd, "t num");
  }
}

double draw_legend(Canvas& canvas, double top, const std::vector<LegendEntry>& entries) {
  constexpr double kLine = 20, kMark = 18, kGap = 22;
  double x = 8, y = top + 12;
  for (const auto& entry : entries) {
    const double width = std::min(kMark + text_width(entry.label) + kGap, kPlotWidth - 16);
    if (x + width > kPlotWidth && x > 8) {
      x = 8;
      y += kLine;
    }
    canvas.mark(series_shape(entry.series), {x + 6, y - 4}, 4.5, series_class(entry.series) + " pt");
    canvas.fitted_text({x + kMark, y}, width - kMark, entry.label);
    x += width;
  }
  return entries.empty() ? 0 : y + 8 - top;
}

std::vector<std::size_t> evenly(std::size_t count, std::size_t most) {
  std::vector<std::size_t> chosen;
  if (count == 0 || most == 0) return chosen;
  const std::size_t kept = std::min(count, most);
  for (std::size_t i = 0; i < kept; ++i) chosen.push_back(kept == 1 ? 0 : i * (count - 1) / (kept - 1));
  return chosen;
}

std::vector<double> sorted_finite(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  std::sort(values.begin(), values.end());
  return values;
}

double quantile_of_sorted(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(below);
  return sorted[below] * (1 - share) + sorted[above] * share;
}

double quantile(std::vector<double> values, double q) {
  return quantile_of_sorted(sorted_finite(std::move(values)), q);
}

std::string three_digits(double value) {
  if (!std::isfinite(value)) return "n/a";
  const double size = std::abs(value);
  if (size >= 1e7) return tick_label(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 0.9995) return fmt::format("{:.2f}", value);
  return size == 0 ? "0" : fmt::format("{:.3g}", value);
}

}  // namespace kite::race
