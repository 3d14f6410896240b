// SPDX-License-Identifier: Apache-2.0
// From exec to the answer, one phase after another.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kPhaseRow = 30, kPhaseBar = 18, kPhaseRight = 680;

double part(const PhaseRow& row, std::size_t i) {
  return i < row.ms.size() && row.ms[i] && std::isfinite(*row.ms[i]) ? std::max(*row.ms[i], 0.0) : 0;
}

double draw_names(Canvas& canvas, const std::vector<std::string>& names) {
  double x = kPlotLeft;
  for (std::size_t i = 0; i < names.size(); ++i) {
    canvas.rect({x, 6}, 12, 12, fmt::format("p{}", i % kPhaseColours));
    canvas.text({x + 17, 16}, names[i]);
    x += 17 + text_width(names[i]) + 16;
  }
  return 28;
}

}  // namespace

Plot phase_plot(const PhaseData& data) {
  std::vector<double> totals = {0};
  for (const auto& row : data.rows) {
    double total = 0;
    for (std::size_t i = 0; i < data.names.size(); ++i) total += part(row, i);
    totals.push_back(total);
  }
  const Axis axis = Axis::linear(0, *std::max_element(totals.begin(), totals.end()), kPlotLeft, kPhaseRight);
  const double bottom = 28 + kPhaseRow * static_cast<double>(std::max<std::size_t>(data.rows.size(), 1));
  Canvas canvas(kPlotWidth, bottom + 46, data.words);
  const double top = draw_names(canvas, data.names);
  draw_x_axis(canvas, axis, top, bottom, "ms since exec, medians of processes");
  Plot plot{data.words, {}, {{"contestant"}, {false}, {}}};
  for (const auto& name : data.names) {
    plot.table.columns.push_back(name + ", ms");
    plot.table.numeric.push_back(true);
  }
  plot.table.columns.emplace_back("sum, ms");
  plot.table.numeric.push_back(true);
  double y = top + (kPhaseRow - kPhaseBar) / 2;
  for (const auto& row : data.rows) {
    canvas.fitted_text({8, y + 13}, kLabelWidth, row.label);
    std::vector<std::string> cells = {row.label};
    double sum = 0;
    for (std::size_t i = 0; i < data.names.size(); ++i) {
      const double ms = part(row, i);
      const double left = axis.at(sum), right = axis.at(sum + ms);
      const std::string label = three_digits(ms);
      if (right > left)
        canvas.rect({left, y}, right - left, kPhaseBar, fmt::format("p{}", i % kPhaseColours),
                    data.names[i] + ": " + label + " ms");
      if (right - left > text_width(label) + 8) {
        canvas.text({(left + right) / 2, y + 13}, label, Anchor::kMiddle,
                    fmt::format("t num on-p{}", i % kPhaseColours));
      }
      cells.push_back(i < row.ms.size() && row.ms[i] ? label : "n/a");
      sum += ms;
    }
    canvas.text({axis.at(sum) + 6, y + 13}, three_digits(sum) + " ms", Anchor::kStart, "t num strong");
    cells.push_back(three_digits(sum));
    plot.table.rows.push_back(std::move(cells));
    y += kPhaseRow;
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
