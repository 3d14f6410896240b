// SPDX-License-Identifier: Apache-2.0
// The result of a plot: the picture, and the same values as a table for readers who want numbers
// or cannot see pictures.
#pragma once

#include <string>
#include <vector>

#include "race/report/plots/axis.h"
#include "race/report/plots/canvas.h"

namespace kite::race {

struct PlotTable {
  std::vector<std::string> columns;  // with their unit
  std::vector<bool> numeric;         // by column
  std::vector<std::vector<std::string>> rows;
};

struct Plot {
  PlotWords words;
  std::string svg;
  PlotTable table;
  std::string narrow_svg = {};  // the same for a telephone; empty: there is only one picture
};

inline constexpr double kPlotWidth = 760;
inline constexpr double kLabelWidth = 178;  // names of contestants, at the left
inline constexpr double kPlotLeft = 190;
inline constexpr double kPlotRight = 744;

// Grid lines over top..bottom with their numbers below, and the title of the axis under them (28 px and 44 px deep).
void draw_x_axis(Canvas& canvas, const Axis& axis, double top, double bottom, const std::string& title, int most = 8);
// Grid lines over left..right with their numbers at the left.
void draw_y_axis(Canvas& canvas, const Axis& axis, double left, double right, int most);

// Mark and name of each series in lines of at most kPlotWidth; returns the height it took.
struct LegendEntry {
  std::string label;
  std::size_t series = 0;
};
double draw_legend(Canvas& canvas, double top, const std::vector<LegendEntry>& entries);

// At most `most` of 0..count-1, evenly spread, the first and the last among them.
[[nodiscard]] std::vector<std::size_t> evenly(std::size_t count, std::size_t most);

// The finite values in ascending order; and a quantile of such a list.
[[nodiscard]] std::vector<double> sorted_finite(std::vector<double> values);
[[nodiscard]] double quantile_of_sorted(const std::vector<double>& sorted, double q);

// A quantile of the finite values, interpolated between order statistics; NaN if there are none.
[[nodiscard]] double quantile(std::vector<double> values, double q);

[[nodiscard]] std::string three_digits(double value);  // of a table's number: "0.0123", "12.3", "1230"; "n/a"

}  // namespace kite::race
