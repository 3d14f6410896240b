// SPDX-License-Identifier: Apache-2.0
// Time over iteration, with one panel for each contestant and one line for each process, so that warm-up, drift and
// jumps are visible and not averaged.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kSequencePanel = 70, kSequenceRow = kSequencePanel + 18, kSequenceTop = 8, kSequenceLeft = 240;
constexpr std::size_t kSequenceMostProcesses = 4;
constexpr std::size_t kBuckets = 60;  // each drawn by its smallest and its largest sample

std::vector<Point> points_of(const std::vector<double>& ms, const Axis& x, const Axis& y) {
  std::vector<Point> points;
  const std::size_t bucket = std::max<std::size_t>(1, (ms.size() + kBuckets - 1) / kBuckets / 2 * 2);
  const auto add = [&](std::size_t i) {
    if (std::isfinite(ms[i])) points.push_back({x.at(static_cast<double>(i)), y.at(ms[i])});
  };
  for (std::size_t from = 0; from < ms.size(); from += bucket) {
    const std::size_t to = std::min(from + bucket, ms.size());
    std::size_t least = from, most = from;
    for (std::size_t i = from; i < to; ++i) {
      if (ms[i] < ms[least]) least = i;
      if (ms[i] > ms[most]) most = i;
    }
    add(std::min(least, most));
    if (least != most) add(std::max(least, most));
  }
  return points;
}

void draw_row(Canvas& canvas, const SequenceRow& row, const Axis& x, double top) {
  canvas.fitted_text({8, top + kSequencePanel / 2 + 4}, kLabelWidth, row.label);
  const auto chosen = evenly(row.processes.size(), kSequenceMostProcesses);
  std::vector<double> values;
  for (const std::size_t i : chosen) {
    values.insert(values.end(), row.processes[i].ms.begin(), row.processes[i].ms.end());
  }
  const Axis y = Axis::around(values, top + kSequencePanel, top);
  draw_y_axis(canvas, y, kSequenceLeft, kPlotRight, 4);
  const std::string css = series_class(row.series);
  for (const std::size_t i : chosen) canvas.polyline(points_of(row.processes[i].ms, x, y), css + " ln thin");
  for (const std::size_t i : chosen) {
    if (row.processes[i].ms.empty()) continue;
    const double cut = x.at(row.processes[i].cut + 0.5);
    canvas.line({cut, top}, {cut, top + kSequencePanel}, "cut");
  }
}

}  // namespace

Plot run_sequence_plot(const SequenceData& data) {
  double last = 1;
  for (const auto& row : data.rows) {
    for (const auto& process : row.processes) last = std::max(last, static_cast<double>(process.ms.size()) - 1);
  }
  const Axis x = Axis::linear(0, last, kSequenceLeft, kPlotRight);
  const double bottom = kSequenceTop + kSequenceRow * static_cast<double>(std::max<std::size_t>(data.rows.size(), 1));
  Canvas canvas(kPlotWidth, bottom + 46, data.words);
  draw_x_axis(canvas, x, kSequenceTop, bottom,
              "iteration of the process (ms upwards; dashed: warm-up is left out before it)");
  Plot plot{data.words,
            {},
            {{"contestant", "round", "samples", "left out at the front", "warm-up", "first, ms", "median, ms"},
             {false, true, true, true, false, true, true},
             {}}};
  double top = kSequenceTop + 6;
  for (const auto& row : data.rows) {
    draw_row(canvas, row, x, top);
    top += kSequenceRow;
    for (const auto& process : row.processes) {
      plot.table.rows.push_back({row.label, fmt::format("{}", process.round + 1), fmt::format("{}", process.ms.size()),
                                 fmt::format("{}", process.cut), process.warm_up,
                                 process.ms.empty() ? "n/a" : three_digits(process.ms.front()),
                                 three_digits(quantile(process.ms, 0.5))});
    }
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
