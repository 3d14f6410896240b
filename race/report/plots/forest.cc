// SPDX-License-Identifier: Apache-2.0
// Ratios with their intervals against the band of no difference.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"
#include "race/report/plots/ratio.h"

namespace kite::race {
namespace {

constexpr double kForestRow = 26, kForestHeading = 30, kForestTop = 26, kForestLine = 18;
constexpr double kForestRight = 506;  // of the plotting area
constexpr double kRatioAt = 520;      // texts beside it
constexpr double kVerdictAt = 672;

bool is_on_axis(const std::optional<double>& value) { return value && std::isfinite(*value) && *value > 0; }

std::string word_of(const ForestRow& row) {
  if (!row.word.empty()) return row.word;
  return row.verdict ? std::string(verdict_name(*row.verdict)) : "not ranked";
}

std::string why_text(const ForestRow& row) {
  if (row.word.empty()) return not_ranked_text(row.why_not);
  return row.why_not.empty() ? row.word : row.word + ": " + row.why_not;
}

double height_of(const std::vector<ForestRow>& rows) {
  double height = 0;
  std::string group;
  for (const auto& row : rows) {
    if (row.group != group) height += kForestHeading;
    group = row.group;
    height += kForestRow;
  }
  return std::max(height, kForestRow);
}

Axis axis_of(const ForestData& data) {
  std::vector<double> values = {1 - data.margin * 2, 1 + data.margin * 2};
  for (const auto& row : data.rows) {
    if (row.limit) values.insert(values.end(), {1 / (1 + *row.limit), 1 + *row.limit * 1.5});
    for (const auto& value : {row.ratio, row.low, row.high}) {
      if (is_on_axis(value)) values.push_back(*value);
    }
  }
  double low = 1, high = 1;
  for (const double value : values) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const double room = std::pow(high / low, 0.04);
  return Axis::log(low / room, high * room, kPlotLeft, kForestRight);
}

// The band of a limit, in it the band of how far unchanged contestants moved, and the line beyond which
// the limit is broken.
void draw_limit(Canvas& canvas, const ForestRow& row, const Axis& axis, double y) {
  const auto band = [&](double share) {
    const double left = axis.at(1 / (1 + share)), right = axis.at(1 + share);
    canvas.rect({left, y - kForestRow / 2}, right - left, kForestRow, "band");
  };
  if (row.limit) band(*row.limit);
  if (row.moved && std::isfinite(*row.moved)) band(*row.moved);
  if (row.limit) {
    const double limit = axis.at(1 + *row.limit);
    canvas.line({limit, y - kForestRow / 2}, {limit, y + kForestRow / 2}, "limit");
  }
}

void draw_row(Canvas& canvas, const ForestRow& row, const Axis& axis, double y) {
  draw_limit(canvas, row, axis, y);
  canvas.fitted_text({8, y + 4}, kLabelWidth, row.label);
  if (!is_on_axis(row.ratio)) {
    canvas.fitted_text({kRatioAt, y + 4}, kPlotWidth - kRatioAt - 4, why_text(row), Anchor::kStart, "t quiet");
    return;
  }
  const std::string css(row.verdict ? verdict_class(*row.verdict) : "v-unranked");
  if (is_on_axis(row.low) && is_on_axis(row.high)) {
    const double left = axis.at(*row.low), right = axis.at(*row.high);
    canvas.line({left, y}, {right, y}, css + " interval");
    canvas.line({left, y - 5}, {left, y + 5}, css + " interval");
    canvas.line({right, y - 5}, {right, y + 5}, css + " interval");
  }
  canvas.mark(verdict_shape(row.verdict.value_or(Verdict::kUndecided)), {axis.at(*row.ratio), y}, 5, css + " pt");
  canvas.text({kRatioAt, y + 4}, ratio_with_interval(row.ratio, row.low, row.high), Anchor::kStart, "t num");
  canvas.text({kVerdictAt, y + 4}, word_of(row), Anchor::kStart, css + " t verdict");
}

void draw_lines(Canvas& canvas, const std::vector<std::string>& lines, double y, std::string_view css) {
  for (const auto& line : lines) {
    canvas.fitted_text({8, y}, kPlotWidth - 16, line, Anchor::kStart, css);
    y += kForestLine;
  }
}

}  // namespace

Plot forest_plot(const ForestData& data) {
  const double above = kForestLine * static_cast<double>(data.heading.size());
  const double top = kForestTop + above, bottom = top + height_of(data.rows) + 6;
  const double below = bottom + 46;
  Canvas canvas(kPlotWidth, below + kForestLine * static_cast<double>(data.foot.size()), data.words);
  const Axis axis = axis_of(data);
  const bool limited =
      std::any_of(data.rows.begin(), data.rows.end(), [](const ForestRow& row) { return row.limit.has_value(); });
  if (!limited) {
    const double left = axis.at(1 - data.margin), right = axis.at(1 + data.margin);
    canvas.rect({left, top}, right - left, bottom - top, "band");
  }
  draw_lines(canvas, data.heading, 16, "t strong");
  canvas.text({kPlotLeft, above + 14}, "\xE2\x86\x90 " + data.less, Anchor::kStart, "t quiet");
  canvas.text({kForestRight, above + 14}, "more \xE2\x86\x92", Anchor::kEnd, "t quiet");
  draw_x_axis(canvas, axis, top, bottom, data.axis, 7);
  canvas.line({axis.at(1), top}, {axis.at(1), bottom}, "one");
  draw_lines(canvas, data.foot, below + 10, "t quiet");
  Plot plot{data.words,
            {},
            {{"group", "contestant", "ratio (95 % interval)", "n", "verdict"}, {false, false, true, true, false}, {}}};
  double y = top;
  std::string group;
  for (const auto& row : data.rows) {
    if (row.group != group) {
      group = row.group;
      canvas.fitted_text({8, y + 20}, kPlotWidth - 16, group, Anchor::kStart, "t strong halo");
      y += kForestHeading;
    }
    draw_row(canvas, row, axis, y + kForestRow / 2);
    y += kForestRow;
    plot.table.rows.push_back({row.group, row.label, ratio_with_interval(row.ratio, row.low, row.high),
                               fmt::format("{}", row.n), row.verdict ? word_of(row) : why_text(row)});
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
