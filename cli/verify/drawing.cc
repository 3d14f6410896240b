// SPDX-License-Identifier: Apache-2.0
// Pictures become PNG files inside the SVG, one pixel for each of theirs up to a limit; curves are drawn as shapes.
#include "cli/verify/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/page/base64.h"
#include "cli/page/escape.h"
#include "image/encode_png.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

constexpr double kWidth = 1000.0;
constexpr double kMargin = 20.0;
constexpr std::int64_t kMostPixels = 512;  // of a side: a larger picture is shown by fewer pixels

// A plane of numbers 0 .. 1, or three of them.
struct Plane {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 1;
  std::vector<double> numbers;  // H, W, C
};

// At most kMostPixels a side; each pixel is the largest number below it, so that a single one stays visible.
Plane reduced(const Plane& plane) {
  const std::int64_t step = (std::max(plane.height, plane.width) + kMostPixels - 1) / kMostPixels;
  if (step <= 1) return plane;
  Plane small{(plane.height + step - 1) / step, (plane.width + step - 1) / step, plane.channels, {}};
  small.numbers.resize(static_cast<std::size_t>(small.height * small.width * small.channels));
  for (std::int64_t y = 0; y < plane.height; ++y) {
    for (std::int64_t x = 0; x < plane.width; ++x) {
      for (std::int64_t c = 0; c < plane.channels; ++c) {
        double& to = small.numbers[static_cast<std::size_t>((y / step * small.width + x / step) * plane.channels + c)];
        to = std::max(to, plane.numbers[static_cast<std::size_t>((y * plane.width + x) * plane.channels + c)]);
      }
    }
  }
  return small;
}

// An <image> of the given width, `y` below the top; `height` receives its height.
Result<std::string> image_of(const Plane& whole, double x, double y, double width, double& height) {
  const Plane plane = reduced(whole);
  std::vector<std::uint8_t> rgb;
  rgb.reserve(static_cast<std::size_t>(plane.height * plane.width * 3));
  for (std::int64_t i = 0; i < plane.height * plane.width; ++i) {
    for (std::int64_t c = 0; c < 3; ++c) {
      const std::int64_t channel = plane.channels == 3 ? c : 0;
      const double number = plane.numbers[static_cast<std::size_t>(i * plane.channels + channel)];
      rgb.push_back(static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(number, 0.0, 1.0))));
    }
  }
  KITE_TRY_ASSIGN(const std::string png, encode_png(rgb, {plane.width, plane.height}));
  height = width * static_cast<double>(plane.height) / static_cast<double>(plane.width);
  return fmt::format(
      "<image x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' preserveAspectRatio='none' "
      "style='image-rendering:pixelated' href='data:image/png;base64,{}'/>\n",
      x, y, width, height, base64(png));
}

std::vector<double> scaled(std::vector<double> numbers, double by) {
  for (double& number : numbers) number *= by;
  return numbers;
}

// Panels side by side, each with its caption. Moves `y` below them.
Result<std::string> panels(const std::vector<std::pair<std::string, Plane>>& shown, double& y) {
  const double width =
      std::min(320.0, (kWidth - kMargin * static_cast<double>(shown.size() + 1)) / static_cast<double>(shown.size()));
  std::string svg;
  double tallest = 0.0;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double x = kMargin + static_cast<double>(i) * (width + kMargin);
    double height = 0.0;
    KITE_TRY_ASSIGN(const std::string image, image_of(shown[i].second, x, y + 18.0, width, height));
    svg += fmt::format("<text x='{:.1f}' y='{:.1f}'>{}</text>\n", x, y + 10.0, escaped(shown[i].first)) + image;
    tallest = std::max(tallest, height);
  }
  y += tallest + 40.0;
  return svg;
}

Plane picture_plane(const Tensor& picture) {
  const Shape& shape = picture.shape();
  return {shape[0], shape[1], shape[2], scaled(read_numbers(picture.view()), 1.0 / 255.0)};
}

std::vector<std::pair<std::string, Plane>> stage_panels(const StageRow& row) {
  std::vector<std::pair<std::string, Plane>> shown;
  const bool same_shape = row.agreement != Agreement::kOtherType;
  const double amplification = row.difference.largest > 0.0 ? 1.0 / row.difference.largest : 0.0;
  if (row.stage != PictureStage::kNormalise) {
    const std::string stage(stage_name(row.stage));
    shown.emplace_back(stage + ", ours", picture_plane(row.ours));
    shown.emplace_back(stage + ", theirs", picture_plane(row.theirs));
    if (!same_shape) return shown;
    const Shape& shape = row.ours.shape();
    shown.emplace_back(
        fmt::format("|difference|; white: {:.0f} of 255", row.difference.largest),
        Plane{shape[0], shape[1], shape[2], scaled(distances(row.ours.view(), row.theirs.view()), amplification)});
    return shown;
  }
  // The last two axes of a planar tensor are a picture; of one with channels last, the two axes before them.
  const Shape& shape = row.ours.shape();
  if (!same_shape || shape.rank() != 4 || !std::isfinite(amplification)) return shown;
  const std::vector<double> apart = scaled(distances(row.ours.view(), row.theirs.view()), amplification);
  const bool planar = shape[1] <= 4;
  const std::int64_t height = shape[planar ? 2 : 1], width = shape[planar ? 3 : 2];
  const std::int64_t channels = std::min<std::int64_t>(shape[planar ? 1 : 3], 4);
  for (std::int64_t c = 0; c < channels; ++c) {
    Plane plane{height, width, 1, {}};
    for (std::int64_t i = 0; i < height * width; ++i) {
      plane.numbers.push_back(apart[static_cast<std::size_t>(planar ? c * height * width + i : i * shape[3] + c)]);
    }
    shown.emplace_back(fmt::format("normalise, channel {}: |difference|; white: {:.3g}", c, row.difference.largest),
                       std::move(plane));
  }
  return shown;
}

// Told apart by people of every sight of colours, and in grey.
constexpr std::string_view kWithinColour = "#009e73", kCarriedColour = "#56b4e9", kFaultColour = "#d55e00";

std::string_view colour_of(const ValueRow& row) {
  if (!is_beyond(row.agreement)) return kWithinColour;
  const bool fault = (row.engine && row.engine->is_at_fault) || (row.reference && row.reference->is_at_fault);
  return fault ? kFaultColour : kCarriedColour;
}

std::string legend(double x, double y) {
  std::string svg;
  for (const auto& [colour, text, width] : {std::tuple(kWithinColour, "within the bound", 130.0),
                                            std::tuple(kCarriedColour, "carried from a step before", 180.0),
                                            std::tuple(kFaultColour, "this step is at fault", 150.0)}) {
    svg += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}'/><text x='{:.1f}' y='{:.1f}'>{}</text>\n",
                       x + 4.0, y - 4.0, colour, x + 13.0, y, text);
    x += width;
  }
  return svg +
         fmt::format("<text x='{:.1f}' y='{:.1f}' fill='#555'>The name of a value is shown under the pointer.</text>\n",
                     x, y);
}

// The first step at fault, `fault`, is named; null without one. The largest relative difference of each value: a dot at
// 10^-9 .. 10^1; differences outside are drawn at the border.
std::string value_plot(const std::vector<ValueRow>& rows, const ValueRow* fault, double& y) {
  constexpr double kHeight = 260.0, kLeft = 70.0, kLowest = -9.0, kHighest = 1.0;
  const double top = y + 30.0, bottom = top + kHeight;
  const auto height_of = [&](double relative) {
    const double exponent = relative > 0.0 ? std::log10(relative) : kLowest;
    return bottom - (std::clamp(exponent, kLowest, kHighest) - kLowest) / (kHighest - kLowest) * kHeight;
  };
  std::string svg = fmt::format(
      "<text x='{}' y='{:.1f}'>largest difference of each value, relative to its largest number, in the order of the "
      "graph</text>\n",
      kMargin, y + 12.0);
  for (int exponent = -9; exponent <= 1; exponent += 2) {
    const double at = height_of(std::pow(10.0, exponent));
    svg += fmt::format(
        "<line class='grid' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/><text x='{3}' y='{4:.1f}' "
        "text-anchor='end'>1e{5}</text>\n",
        kLeft, kWidth - kMargin, at, kLeft - 6.0, at + 4.0, exponent);
  }
  const double bound = std::ranges::max(rows, {}, &ValueRow::bound).bound;
  svg += fmt::format(
      "<line class='bound' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/><text x='{1}' y='{3:.1f}' "
      "text-anchor='end'>bound {4:.0e}</text>\n",
      kLeft, kWidth - kMargin, height_of(bound), height_of(bound) - 5.0, bound);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double x =
        kLeft + (static_cast<double>(i) + 0.5) / static_cast<double>(rows.size()) * (kWidth - kMargin - kLeft);
    const double relative = rows[i].agreement == Agreement::kOtherType ? 10.0 : rows[i].difference.relative();
    if (&rows[i] == fault) {
      const bool is_left = x < kWidth / 2.0;
      svg += fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'>{}</text>\n", x + (is_left ? 7.0 : -7.0),
                         height_of(relative) - 7.0, is_left ? "start" : "end", escaped(rows[i].name));
    }
    svg += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3' fill='{}'><title>{} ({}): {:.2e}</title></circle>\n", x,
                       height_of(relative), colour_of(rows[i]), escaped(rows[i].name), escaped(rows[i].op), relative);
  }
  svg += legend(kLeft, bottom + 20.0);
  y = bottom + 40.0;
  return svg;
}

}  // namespace

Result<std::string> drawing_of(const Comparison& comparison, const std::string& title, const std::string& their_title) {
  double y = 56.0;
  std::string body;
  const StageRow* const stage = comparison.first_stage();
  if (stage != nullptr) {
    const auto shown = stage_panels(*stage);
    if (!shown.empty()) {
      KITE_TRY_ASSIGN(const std::string drawn, panels(shown, y));
      body += drawn;
    }
  }
  if (!comparison.values.empty()) body += value_plot(comparison.values, comparison.first_fault(), y);
  return fmt::format(
             "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:.0f} {1:.0f}' width='{0:.0f}' height='{1:.0f}' "
             "font-family='sans-serif' font-size='12'>\n"
             "<style>.grid{{stroke:#ddd}}.bound{{stroke:#444;stroke-dasharray:6 4}}</style>\n"
             "<rect width='100%' height='100%' fill='white'/>\n<text x='{2}' y='24' font-size='15'>{3}</text>\n"
             "<text x='{2}' y='42' fill='#555'>against {4}</text>\n",
             kWidth, y, kMargin, escaped(title), escaped(their_title)) +
         body + "</svg>\n";
}

}  // namespace kite::cli
