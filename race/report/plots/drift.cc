// SPDX-License-Identifier: Apache-2.0
// Round by position: a machine that became slower shows as rows that change colour, an effect of the order as columns.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kDriftLeft = 64, kDriftTop = 34, kDriftRight = 744;
constexpr std::size_t kClasses = kHeatEdges.size() + 1;

std::size_t class_of(double relative) {
  return static_cast<std::size_t>(std::upper_bound(kHeatEdges.begin(), kHeatEdges.end(), relative) -
                                  kHeatEdges.begin());
}

void draw_scale(Canvas& canvas) {
  constexpr double kBox = 46;
  canvas.text({kDriftLeft, 16}, "against the cell's own median:", Anchor::kStart, "t quiet");
  double x = kDriftLeft + 190;
  for (std::size_t i = 0; i < kClasses; ++i) {
    canvas.rect({x, 4}, kBox, 10, fmt::format("h{}", i));
    if (i > 0) {
      canvas.text({x, 26}, fmt::format("{:+.0f}%", kHeatEdges[i - 1] * 100), Anchor::kMiddle, "t num small");
    }
    x += kBox;
  }
}

}  // namespace

Plot drift_plot(const DriftData& data) {
  std::int32_t rounds = 1, positions = 1;
  std::map<std::int32_t, std::vector<double>> by_round;
  for (const auto& cell : data.cells) {
    if (!std::isfinite(cell.relative) || cell.round < 0 || cell.position < 0) continue;
    rounds = std::max(rounds, cell.round + 1);
    positions = std::max(positions, cell.position + 1);
    by_round[cell.round].push_back(cell.relative);
  }
  const double width = (kDriftRight - kDriftLeft) / positions;
  const double height = std::clamp(300.0 / rounds, 1.0, 18.0);
  const double bottom = kDriftTop + height * rounds;
  Canvas canvas(kPlotWidth, bottom + 46, data.words);
  draw_scale(canvas);
  std::array<std::vector<Point>, kClasses> corners;
  for (const auto& cell : data.cells) {
    if (!std::isfinite(cell.relative) || cell.round < 0 || cell.position < 0) continue;
    corners[class_of(cell.relative)].push_back({kDriftLeft + width * cell.position, kDriftTop + height * cell.round});
  }
  for (std::size_t i = 0; i < kClasses; ++i) {
    canvas.rects(corners[i], width - (width > 4 ? 1 : 0), height - (height > 4 ? 1 : 0), fmt::format("h{}", i));
  }
  for (const std::size_t i :
       evenly(static_cast<std::size_t>(rounds), static_cast<std::size_t>(bottom - kDriftTop) / 16 + 1)) {
    canvas.text({kDriftLeft - 8, kDriftTop + height * (static_cast<double>(i) + 0.5) + 4}, fmt::format("{}", i + 1),
                Anchor::kEnd, "t num");
  }
  for (const std::size_t i : evenly(static_cast<std::size_t>(positions), 12)) {
    canvas.text({kDriftLeft + width * (static_cast<double>(i) + 0.5), bottom + 16}, fmt::format("{}", i + 1),
                Anchor::kMiddle, "t num");
  }
  canvas.text({(kDriftLeft + kDriftRight) / 2, bottom + 36}, "position within the round (rounds downwards)",
              Anchor::kMiddle, "t quiet");
  Plot plot{data.words,
            {},
            {{"round", "processes", "median deviation, %", "largest deviation, %"}, {true, true, true, true}, {}}};
  for (const auto& [round, values] : by_round) {
    const double largest =
        *std::max_element(values.begin(), values.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    plot.table.rows.push_back({fmt::format("{}", round + 1), fmt::format("{}", values.size()),
                               fmt::format("{:+.1f}", quantile(values, 0.5) * 100),
                               fmt::format("{:+.1f}", largest * 100)});
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
