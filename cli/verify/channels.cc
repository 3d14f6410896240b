// SPDX-License-Identifier: Apache-2.0
// Least squares of one channel of theirs over one channel of ours, and the largest error of the line that it gives.
#include "cli/verify/channels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "cli/verify/difference.h"

namespace kite::cli {

namespace {

// What a float32 pipeline of three operations in another order may change, with room: 2e-5 is 170 units in the last
// place. A mean or a standard deviation of another recipe changes far more than that.
constexpr double kLargestError = 2e-5;

struct Line {
  double scale = 0.0;
  double offset = 0.0;
  bool fits = false;
};

std::vector<double> channel_of(const std::vector<double>& all, const Shape& shape, int axis, int channel) {
  const std::int64_t inner = shape.elements(axis + 1, shape.rank());
  const std::int64_t outer = shape.elements(0, axis);
  std::vector<double> numbers;
  numbers.reserve(static_cast<std::size_t>(inner * outer));
  for (std::int64_t o = 0; o < outer; ++o) {
    const auto first = all.begin() + (o * shape[axis] + channel) * inner;
    numbers.insert(numbers.end(), first, first + inner);
  }
  return numbers;
}

double largest_of(const std::vector<double>& numbers) {
  double largest = 0.0;
  for (const double number : numbers) largest = std::max(largest, std::abs(number));
  return largest;
}

// y = scale * x + offset. No line where x is constant.
Line fit_line(const std::vector<double>& x, const std::vector<double>& y, double largest) {
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (xx == 0.0 || !std::isfinite(xx) || !std::isfinite(xy)) return {};
  Line line{xy / xx, 0.0, true};
  line.offset = mean_y - line.scale * mean_x;
  for (std::size_t i = 0; i < x.size() && line.fits; ++i) {
    line.fits = std::abs(line.scale * x[i] + line.offset - y[i]) <= kLargestError * largest;
  }
  line.fits = line.fits && line.scale != 0.0;
  return line;
}

bool is_near(double number, double wanted) { return std::abs(number - wanted) <= 1e-4; }

std::string numbers_text(const std::vector<double>& numbers) {
  std::string text;
  for (const double number : numbers) text += fmt::format("{}{:.6g}", text.empty() ? "" : ", ", number);
  return text;
}

}  // namespace

bool ChannelFit::is_swapped() const noexcept { return !std::ranges::is_sorted(from); }

bool ChannelFit::is_scaled() const noexcept {
  return !std::ranges::all_of(scale, [](double number) { return is_near(number, 1.0); }) ||
         !std::ranges::all_of(offset, [](double number) { return is_near(number, 0.0); });
}

std::optional<ChannelFit> fit_channels(const TensorView& ours, const TensorView& theirs, int axis) {
  const Shape& shape = ours.type.shape;
  if (theirs.type.shape != shape || shape.elements() == 0 || shape[axis] < 1 || shape[axis] > 4) return std::nullopt;
  const int channels = static_cast<int>(shape[axis]);
  const std::vector<double> our_numbers = read_numbers(ours);
  const std::vector<double> their_numbers = read_numbers(theirs);
  const double largest = std::max(largest_of(their_numbers), 1e-30);
  for (const bool reversed : {false, true}) {
    if (reversed && channels < 3) break;
    ChannelFit fit;
    for (int channel = 0; channel < channels; ++channel) {
      // Alpha keeps its place when the three colours turn round.
      const int from = reversed && channel < 3 ? 2 - channel : channel;
      const Line line = fit_line(channel_of(our_numbers, shape, axis, from),
                                 channel_of(their_numbers, shape, axis, channel), largest);
      if (!line.fits) break;
      fit.from.push_back(from);
      fit.scale.push_back(line.scale);
      fit.offset.push_back(line.offset);
    }
    if (std::cmp_equal(fit.from.size(), channels)) return fit;
  }
  return std::nullopt;
}

std::string channel_text(const ChannelFit& fit) {
  std::string text;
  if (fit.is_swapped()) text = "the first and the third channel are swapped: one side has R, G, B, the other B, G, R";
  if (!fit.is_scaled()) return text;
  return fmt::format("{}{} = ours times ({}) plus ({}), for each channel", text,
                     text.empty() ? "theirs" : "; then theirs", numbers_text(fit.scale), numbers_text(fit.offset));
}

}  // namespace kite::cli
