// SPDX-License-Identifier: Apache-2.0
#include "cli/report/histogram_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "cli/report/html_parts.h"
#include "cli/report/tally.h"

namespace kite::cli {

namespace {

constexpr std::size_t kBins = 20;
// In units of the viewBox, which is as wide as a phone's column.
constexpr double kBinWidth = 17.0;
constexpr double kHeight = 150.0;
constexpr double kTop = 18.0;  // room for the largest count
constexpr double kBelow = 20.0;

struct ScoreRange {
  double low = 0.0;
  double high = 1.0;
};

ScoreRange range_of(const std::vector<float>& scores, ScoreKind kind) {
  if (kind != ScoreKind::kRaw) return {};
  const auto [low, high] = std::ranges::minmax(scores);
  return {static_cast<double>(low), static_cast<double>(high)};
}

// Where the script's filter begins and ends, in the score's own unit.
std::string bin_html(std::size_t bin, std::size_t count, std::size_t most, const ScoreRange& range, ScoreKind kind) {
  const double step = (range.high - range.low) / static_cast<double>(kBins);
  const double from = range.low + step * static_cast<double>(bin);
  const double to = bin + 1 == kBins ? range.high : from + step;
  const double height = (kHeight - kTop) * static_cast<double>(count) / static_cast<double>(most);
  // A bin with few pictures is still seen.
  const double shown = count == 0 ? 0.0 : std::max(height, 1.5);
  return fmt::format(
      "<g class=\"bin\" data-from=\"{:.6g}\" data-to=\"{:.6g}\"><title>{} to {}: {}</title><rect class=\"hit\" "
      "x=\"{:.1f}\" "
      "y=\"0\" width=\"{}\" height=\"{}\"/><rect class=\"fill\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" "
      "height=\"{:.1f}\"/></g>\n",
      from, to, score_text(from, kind), score_text(to, kind), count_text(count, "picture", "pictures"),
      kBinWidth * static_cast<double>(bin), kBinWidth, kHeight, kBinWidth * static_cast<double>(bin) + 1.0,
      kHeight - shown, kBinWidth - 2.0, shown);
}

}  // namespace

std::string histogram_plot(const std::vector<float>& scores, ScoreKind kind) {
  if (kind == ScoreKind::kNone) return paragraph("The model gives no scores.", "nothing");
  if (scores.empty()) return paragraph("No picture has a score.", "nothing");
  const ScoreRange range = range_of(scores, kind);
  const std::vector<std::size_t> counts = histogram(scores, range.low, range.high, kBins);
  const std::size_t most = *std::ranges::max_element(counts);
  const auto highest = static_cast<std::size_t>(std::ranges::find(counts, most) - counts.begin());
  const double width = kBinWidth * static_cast<double>(kBins);
  std::string bins;
  for (std::size_t i = 0; i < kBins; ++i) bins += bin_html(i, counts[i], most, range, kind);
  std::string html = fmt::format(
      "<svg class=\"histogram\" role=\"group\" aria-label=\"How many pictures have which confidence\" viewBox=\"0 0 {} "
      "{}\">\n"
      "{}<text class=\"most\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n<path class=\"axis\" d=\"M0 "
      "{}h{}\"/>\n",
      width, kHeight + kBelow, bins, kBinWidth * (static_cast<double>(highest) + 0.5), kTop - 5.0,
      highest < 2           ? "start"
      : highest + 3 > kBins ? "end"
                            : "middle",
      digits(most), kHeight, width);
  const double middle = (range.low + range.high) / 2;
  const auto tick = [&](double x, std::string_view anchor, double score) {
    html +=
        fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>", x, kHeight + 15.0, anchor,
                    kind == ScoreKind::kRaw ? fmt::format("{:.3g}", score) : fmt::format("{:.0f} %", 100.0 * score));
  };
  tick(0.0, "start", range.low);
  if (range.low == range.high) return html + "\n</svg>\n";
  tick(width / 2, "middle", middle);
  tick(width, "end", range.high);
  return html + "\n</svg>\n";
}

}  // namespace kite::cli
