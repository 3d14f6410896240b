// SPDX-License-Identifier: Apache-2.0
// One row for each contestant: bars with their intervals, the verdict as a mark and a word, and the band within which
// no difference can be seen. It is drawn twice: with panels side by side, and, for a telephone, one below the other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr double kStandingsBar = 13;
constexpr double kWideRow = 48, kCaption = 16;
constexpr double kGap = 20;            // between panels
constexpr double kWords = 70;          // where words begin, after a value of at most "1043 ms"
constexpr double kMarkWidth = 14;      // of the mark before them
constexpr double kBesideShare = 0.62;  // of the width of another panel

bool drawable(const std::optional<double>& value) { return value && std::isfinite(*value) && *value >= 0; }

// The title without its unit.
std::string without_unit(const std::string& title) { return title.substr(0, title.rfind(", ")); }

// From 0 to the largest value of the panel, its interval included.
Axis axis_of(const StandingGroup& group, std::size_t panel, double left, double right) {
  double most = 0;
  const auto hold = [&](const std::optional<double>& value) {
    if (drawable(value)) most = std::max(most, *value);
  };
  for (const auto& row : group.rows) {
    if (panel >= row.bars.size()) continue;
    hold(row.bars[panel].value);
    hold(row.bars[panel].high);
  }
  const auto& of = group.panels[panel];
  if (drawable(of.reference)) hold(*of.reference * (1 + of.resolution.value_or(0)));
  return Axis::linear(0, most > 0 ? most : 1, left, right);
}

std::string css_of(const StandingBar& bar) {
  if (!bar.judged) return "v-reference";
  return std::string(bar.verdict ? verdict_class(*bar.verdict) : "v-unranked");
}

// Not decided, or not ranked: the bar is hollow.
bool is_open(const StandingBar& bar) {
  return bar.judged && bar.verdict.value_or(Verdict::kUndecided) == Verdict::kUndecided;
}

void draw_band(Canvas& canvas, const StandingPanel& panel, const Axis& axis, double top, double bottom) {
  if (!drawable(panel.reference)) return;
  const double at = axis.at(*panel.reference);
  if (panel.resolution && std::isfinite(*panel.resolution)) {
    const double half = std::fmax(at - axis.at(*panel.reference * (1 - *panel.resolution)), 1);
    canvas.rect({at - half, top}, 2 * half, bottom - top, "band");
  }
  canvas.line({at, top}, {at, bottom}, "limit");
}

void draw_bar(Canvas& canvas, const StandingBar& bar, const Axis& axis, double y) {
  if (!drawable(bar.value)) return;
  const double left = axis.at(0), right = std::fmax(axis.at(*bar.value), left + 1.5);
  canvas.rect({left, y}, right - left, kStandingsBar, css_of(bar) + (is_open(bar) ? " bar hollow" : " bar"));
  if (!drawable(bar.low) || !drawable(bar.high)) return;
  const double from = axis.at(*bar.low), to = axis.at(*bar.high), middle = y + kStandingsBar / 2;
  canvas.line({from, middle}, {to, middle}, "whisker");
  for (const double end : {from, to}) canvas.line({end, middle - 4}, {end, middle + 4}, "whisker");
}

// The value, the mark and the word of the verdict.
void draw_words(Canvas& canvas, const StandingBar& bar, double x, double y, double width) {
  canvas.text({x, y}, bar.value ? bar.text : "n/a", Anchor::kStart, "t num strong halo");
  if (bar.word.empty()) return;
  const bool marked = bar.verdict.has_value();
  if (marked) canvas.mark(verdict_shape(*bar.verdict), {x + kWords + 4, y - 4}, 4, css_of(bar) + " pt");
  const double word = x + kWords + (marked ? kMarkWidth : 0);
  canvas.fitted_text({word, y}, x + width + 6 - word, bar.word, Anchor::kStart, css_of(bar) + " t verdict halo");
}

std::string resolution_text(const StandingPanel& panel) {
  if (!panel.resolution || !std::isfinite(*panel.resolution)) return "";
  return fmt::format("resolution {:.1f} % (the band)", *panel.resolution * 100);
}

double draw_wide_group(Canvas& canvas, const StandingGroup& group, double top) {
  constexpr double kLabels = 168, kLeft = 184, kRight = 752;
  canvas.fitted_text({8, top + 16}, kLabels, group.title, Anchor::kStart, "t quiet");
  double shares = 0;
  for (const auto& panel : group.panels) shares += panel.beside ? kBesideShare : 1;
  const double whole = kRight - kLeft - kGap * (static_cast<double>(group.panels.size()) - 1);
  const double first = top + 26, bottom = first + kWideRow * static_cast<double>(group.rows.size());
  double left = kLeft;
  for (std::size_t i = 0; i < group.panels.size(); ++i) {
    const auto& panel = group.panels[i];
    const double width = whole * (panel.beside ? kBesideShare : 1) / shares, right = left + width;
    const Axis axis = axis_of(group, i, left, right);
    canvas.text({left, top + 16}, panel.title, Anchor::kStart, "t strong");
    draw_band(canvas, panel, axis, first, bottom);
    for (std::size_t r = 0; r < group.rows.size(); ++r) {
      const auto& row = group.rows[r];
      const double y = first + kWideRow * static_cast<double>(r);
      if (i >= row.bars.size()) continue;
      draw_bar(canvas, row.bars[i], axis, y + 6);
      draw_words(canvas, row.bars[i], left, y + 34, width);
    }
    for (const auto& tick : axis.ticks(panel.beside ? 3 : 5)) {
      canvas.line({tick.px, bottom}, {tick.px, bottom + 4}, "axis");
      canvas.text({tick.px, bottom + 17}, tick.label, tick.value == 0 ? Anchor::kStart : Anchor::kMiddle,
                  "t num quiet small");
    }
    canvas.line({left, bottom}, {right, bottom}, "axis");
    canvas.text({left, bottom + 33}, resolution_text(panel), Anchor::kStart, "t quiet small");
    left = right + kGap;
  }
  for (std::size_t r = 0; r < group.rows.size(); ++r) {
    const double y = first + kWideRow * static_cast<double>(r);
    const auto& row = group.rows[r];
    canvas.fitted_text({8, y + 17}, kLabels, row.name, Anchor::kStart, "t strong");
    double line = y + 30;
    for (const auto* words : {&row.variant, &row.size}) {
      if (words->empty()) continue;
      canvas.fitted_text({8, line}, kLabels, *words, Anchor::kStart, "t quiet small");
      line += 13;
    }
    if (r > 0) canvas.line({8, y}, {kRight, y}, "base");
  }
  return bottom + 54;
}

double draw_narrow_group(Canvas& canvas, const StandingGroup& group, double top, double width) {
  constexpr double kPanel = 40, kHead = 22;
  canvas.fitted_text({0, top + 14}, width, group.title, Anchor::kStart, "t quiet");
  double y = top + 24;
  for (const auto& row : group.rows) {
    canvas.line({0, y}, {width, y}, "base");
    std::string beside;
    for (std::size_t i = 0; i < group.panels.size() && i < row.bars.size(); ++i) {
      if (!group.panels[i].beside || !row.bars[i].value) continue;
      beside += fmt::format("{}{}", row.bars[i].text, row.bars[i].word.empty() ? "" : ", " + row.bars[i].word);
    }
    const std::string name = row.variant.empty() ? row.name : row.name + ", " + row.variant;
    canvas.fitted_text({0, y + 17}, width - text_width(beside) - 8, name, Anchor::kStart, "t strong");
    canvas.text({width, y + 17}, beside, Anchor::kEnd, "t num quiet");
    canvas.text({0, y + 31}, row.size, Anchor::kStart, "t quiet small");
    y += kHead + (row.size.empty() ? 0 : kCaption);
    for (std::size_t i = 0; i < group.panels.size() && i < row.bars.size(); ++i) {
      const auto& panel = group.panels[i];
      if (panel.beside) continue;
      const Axis axis = axis_of(group, i, 0, width);
      draw_band(canvas, panel, axis, y + 1, y + kStandingsBar + 5);
      draw_bar(canvas, row.bars[i], axis, y + 3);
      const std::string title = without_unit(panel.title);
      canvas.text({width, y + 31}, title, Anchor::kEnd, "t quiet small");
      draw_words(canvas, row.bars[i], 0, y + 31, width - text_width(title) - 8);
      y += kPanel;
    }
    y += 4;
  }
  for (const auto& panel : group.panels) {
    const std::string text = resolution_text(panel);
    if (text.empty()) continue;
    canvas.fitted_text({0, y + 12}, width, without_unit(panel.title) + ": " + text, Anchor::kStart, "t quiet small");
    y += kCaption;
  }
  return y + 12;
}

double wide_height(const StandingData& data) {
  double height = -10;  // no room below the last one
  for (const auto& group : data.groups) height += 26 + kWideRow * static_cast<double>(group.rows.size()) + 54;
  return std::fmax(height, 1);
}

double narrow_height(const StandingData& data) {
  double height = 4;
  for (const auto& group : data.groups) {
    double panels = 0, captions = 0;
    for (const auto& panel : group.panels) {
      panels += !panel.beside;
      captions += !resolution_text(panel).empty();
    }
    for (const auto& row : group.rows) height += row.size.empty() ? 0 : kCaption;
    height += 24 + (22 + 40 * panels + 4) * static_cast<double>(group.rows.size()) + 16 * captions + 12;
  }
  return height;
}

}  // namespace

Plot standings_plot(const StandingData& data) {
  constexpr double kNarrow = 358;
  Canvas wide(kPlotWidth, wide_height(data), data.words);
  PlotWords words = data.words;
  words.id += "-narrow";
  Canvas narrow(kNarrow, narrow_height(data), words);
  double wide_top = 0, narrow_top = 0;
  for (const auto& group : data.groups) {
    wide_top = draw_wide_group(wide, group, wide_top);
    narrow_top = draw_narrow_group(narrow, group, narrow_top, kNarrow);
  }
  return {data.words, std::move(wide).svg(), {}, std::move(narrow).svg()};
}

}  // namespace kite::race
