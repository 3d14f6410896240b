// SPDX-License-Identifier: Apache-2.0
// A roofline (Williams, Waterman and Patterson, 2009) as SVG.
#include "cli/profile/roofline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/output/output_file.h"
#include "cli/page/escape.h"

namespace kite::cli {

namespace {

constexpr double kWidth = 900.0;
constexpr double kHeight = 560.0;
constexpr double kLeft = 70.0;
constexpr double kRight = 30.0;
constexpr double kTop = 60.0;
constexpr double kBottom = 60.0;

// A logarithmic axis from `low` to `high` onto [from, to].
struct LogAxis {
  double low, high, from, to;
  [[nodiscard]] double at(double value) const {
    const double clamped = std::clamp(value, low, high);
    return from + (to - from) * std::log(clamped / low) / std::log(high / low);
  }
};

// Colours that people with the common kinds of colour blindness can distinguish (Okabe and Ito).
std::string colour_of(const std::string& kernel) {
  struct Family {
    std::string_view prefix;
    std::string_view colour;
  };
  static constexpr Family kFamilies[] = {
      {"conv", "#0072b2"},      {"winograd", "#56b4e9"},         {"grouped", "#f0e442"},
      {"depthwise", "#009e73"}, {"expand_depthwise", "#009e73"}, {"linear", "#d55e00"},
      {"matmul", "#cc79a7"},    {"portable", "#000000"}};
  for (const Family& family : kFamilies) {
    if (kernel.starts_with(family.prefix)) return std::string(family.colour);
  }
  return "#e69f00";
}

std::string grid(const LogAxis& x, const LogAxis& y) {
  std::string svg;
  for (double tick = x.low; tick <= x.high * 1.001; tick *= 10.0) {
    svg += fmt::format(
        "<line class='grid' x1='{0:.1f}' x2='{0:.1f}' y1='{1}' y2='{2}'/>"
        "<text x='{0:.1f}' y='{3}' text-anchor='middle'>{4:g}</text>\n",
        x.at(tick), kTop, kHeight - kBottom, kHeight - kBottom + 18.0, tick);
  }
  for (double tick = y.low; tick <= y.high * 1.001; tick *= 10.0) {
    svg += fmt::format(
        "<line class='grid' x1='{1}' x2='{2}' y1='{0:.1f}' y2='{0:.1f}'/>"
        "<text x='{3}' y='{4:.1f}' text-anchor='end'>{5:g}</text>\n",
        y.at(tick), kLeft, kWidth - kRight, kLeft - 8.0, y.at(tick) + 4.0, tick);
  }
  return svg;
}

}  // namespace

Status write_roofline(const std::string& path, const std::string& title, const std::vector<ProfiledStep>& steps,
                      double peak_gflops) {
  const LogAxis x{0.01, 1000.0, kLeft, kWidth - kRight};
  const LogAxis y{0.1, std::pow(10.0, std::ceil(std::log10(std::max(peak_gflops, 1.0)))), kHeight - kBottom, kTop};
  double total_us = 0.0;
  for (const ProfiledStep& step : steps) total_us += step.us;
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}' font-family='sans-serif' "
      "font-size='12'>\n<style>.grid{{stroke:#ddd}}.roof{{stroke:#444;stroke-dasharray:6 4}}</style>\n"
      "<rect width='100%' height='100%' fill='white'/>\n<text x='{2}' y='26' font-size='16'>{3}: {4:.2f} ms in {5} "
      "steps</text>\n"
      "<text x='{2}' y='44' fill='#555'>area of a dot = its share of the time; hover for its name</text>\n",
      kWidth, kHeight, kLeft, escaped(title), total_us * 1e-3, steps.size());
  svg += grid(x, y);
  svg += fmt::format(
      "<line class='roof' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/><text x='{1}' y='{3:.1f}' "
      "text-anchor='end'>peak {4:.0f} GFLOP/s</text>\n",
      kLeft, kWidth - kRight, y.at(peak_gflops), y.at(peak_gflops) - 6.0, peak_gflops);
  for (const ProfiledStep& step : steps) {
    if (step.macs == 0 || step.bytes == 0) continue;
    const double intensity = 2.0 * static_cast<double>(step.macs) / static_cast<double>(step.bytes);
    svg += fmt::format(
        "<circle cx='{:.1f}' cy='{:.1f}' r='{:.1f}' fill='{}' fill-opacity='0.55' stroke='white'><title>{} {} {}: "
        "{:.1f} us, {:.1f} GFLOP/s, {:.0f} % of peak</title></circle>\n",
        x.at(intensity), y.at(step.gflops), 3.0 + 60.0 * std::sqrt(step.us / total_us) * 0.7, colour_of(step.kernel),
        escaped(step.op), escaped(step.node), escaped(step.kernel), step.us, step.gflops, 100.0 * step.share_of_peak);
  }
  svg += fmt::format(
      "<text x='{}' y='{}' text-anchor='middle'>operations a byte</text>\n"
      "<text transform='translate(20 {}) rotate(-90)' text-anchor='middle'>GFLOP/s</text>\n</svg>\n",
      (kLeft + kWidth - kRight) / 2.0, kHeight - 14.0, (kTop + kHeight - kBottom) / 2.0);

  return write_file(path, svg);
}

}  // namespace kite::cli
