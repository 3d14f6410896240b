// SPDX-License-Identifier: Apache-2.0
// Which function called which, and for how long: the width of a frame is its share of the root; callers are above.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/page/escape.h"
#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kFlameRow = 18, kFlameLeast = 1e-3;
constexpr int kMostLevels = 60;
constexpr std::size_t kTableRows = 40;

double value_of(const Frame& frame) { return std::isfinite(frame.value) ? std::max(frame.value, 0.0) : 0; }

struct Drawn {
  const Frame* frame;
  int level;
  double left, share;  // of the root
  double self;         // share that is not its calls'
};

// Callers come before callees. The stack is a container and not recursion, since the input decides its depth.
std::vector<Drawn> layout(const Frame& root) {
  std::vector<Drawn> drawn;
  const double whole = value_of(root);
  if (!(whole > 0)) return drawn;
  std::vector<Drawn> open = {{&root, 0, 0, 1, 1}};
  while (!open.empty()) {
    Drawn next = open.back();
    open.pop_back();
    double left = next.left;
    for (const Frame& call : next.frame->calls) {
      const double share = std::min(value_of(call) / whole, next.left + next.share - left);
      next.self -= share;
      if (share >= kFlameLeast && next.level + 1 < kMostLevels) {
        open.push_back({&call, next.level + 1, left, share, share});
      }
      left += share;
    }
    drawn.push_back(next);
  }
  return drawn;
}

}  // namespace

Plot flame_plot(const FlameData& data) {
  const auto drawn = layout(data.root);
  int levels = 1;
  for (const auto& frame : drawn) levels = std::max(levels, frame.level + 1);
  Canvas canvas(kPlotWidth, kFlameRow * levels + 4, data.words);
  for (const auto& frame : drawn) {
    const std::string tip = fmt::format("{}: {} {}, {:.1f} %", frame.frame->name, three_digits(value_of(*frame.frame)),
                                        data.unit, frame.share * 100);
    const double x = frame.left * kPlotWidth, y = frame.level * kFlameRow + 2, width = frame.share * kPlotWidth;
    canvas.open_group("frame", fmt::format("data-name=\"{}\"", escaped(frame.frame->name)));
    const std::size_t colour = static_cast<std::size_t>(frame.level) % 3;
    canvas.rect({x, y}, std::max(width - 0.6, 0.4), kFlameRow - 1, fmt::format("f{}", colour), tip);
    if (width > 34) canvas.fitted_text({x + 4, y + 12.5}, width - 8, frame.frame->name, Anchor::kStart, "t small on-f");
    canvas.close_group();
  }
  Plot plot{
      data.words, {}, {{"function", data.unit, "with what it calls, %", "itself, %"}, {false, true, true, true}, {}}};
  auto heaviest = drawn;
  std::stable_sort(heaviest.begin(), heaviest.end(), [](const Drawn& a, const Drawn& b) { return a.self > b.self; });
  heaviest.resize(std::min(heaviest.size(), kTableRows));
  for (const auto& frame : heaviest) {
    plot.table.rows.push_back({frame.frame->name, three_digits(value_of(*frame.frame)),
                               fmt::format("{:.1f}", frame.share * 100),
                               fmt::format("{:.1f}", std::max(frame.self, 0.0) * 100)});
  }
  plot.svg = std::move(canvas).svg();
  return plot;
}

}  // namespace kite::race
