// SPDX-License-Identifier: Apache-2.0
// Ticks at 1, 2 and 5 times powers of ten; on logarithmic axes as many for each decade as fit.
#include "race/report/plots/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kite::race {
namespace {

constexpr double kRoom = 0.04;      // of the axis, left free at both ends
constexpr double kLogFrom = 10;     // largest / smallest
constexpr double kTiny = 1e-300;    // keeps logarithms finite
constexpr double kLargest = 1e300;  // keeps differences finite
constexpr int kMostTicks = 64;

double bounded(double value) {
  if (!std::isfinite(value) || std::abs(value) < kTiny) return 0;
  return std::clamp(value, -kLargest, kLargest);
}

std::vector<double> multiples(double step, double low, double high, int most) {
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i < most; ++i) {
    const double value = (first + i) * step;
    if (!(value <= high + step * 1e-9)) break;
    ticks.push_back(value == 0 ? 0 : value);
  }
  return ticks;
}

std::vector<double> linear_ticks(double low, double high, int most) {
  const double least_step = (high - low) / most;
  if (!(least_step > 0)) return {};
  double step = std::pow(10.0, std::floor(std::log10(least_step)));
  if (!(step > 0)) return {};  // narrower than the precision of a double
  double finer = step / 2;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    if (step * factor >= least_step) {
      step *= factor;
      break;
    }
    finer = step * factor;
  }
  const auto ticks = multiples(step, low, high, most);
  return ticks.size() >= 2 ? ticks : multiples(finer, low, high, most);
}

std::vector<double> log_ticks(double low, double high, int most) {
  static const std::vector<std::vector<double>> kSets = {
      {1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}};
  const int first = static_cast<int>(std::floor(std::log10(low))) - 1;
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (const auto& set : kSets) {
    std::vector<double> ticks;
    for (int decade = first; decade <= last && static_cast<int>(ticks.size()) <= most; ++decade) {
      for (const double factor : set) {
        const double value = factor * std::pow(10.0, decade);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.push_back(value);
      }
    }
    if (static_cast<int>(ticks.size()) <= most) return ticks;
  }
  std::vector<double> ticks;
  const int stride = (last - first) / most + 1;
  for (int decade = first + 1; decade <= last; decade += stride) {
    const double value = std::pow(10.0, decade);
    if (value >= low && value <= high) ticks.push_back(value);
  }
  return ticks;
}

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> kept;
  for (const double value : values) {
    if (std::isfinite(value)) kept.push_back(bounded(value));
  }
  return kept;
}

}  // namespace

std::string tick_label(double value) {
  std::string out = fmt::format("{:.6g}", value);
  const auto exponent = out.find('e');
  if (exponent == std::string::npos) return out;
  return fmt::format("{}e{}", out.substr(0, exponent), std::stoi(out.substr(exponent + 1)));
}

Axis::Axis(double low, double high, double from_px, double to_px, bool log) noexcept
    : low_(low), high_(high), from_px_(from_px), to_px_(to_px), log_(log) {}

Axis Axis::linear(double low, double high, double from_px, double to_px) {
  low = bounded(low);
  high = bounded(high);
  if (low > high) std::swap(low, high);
  if (high - low <= std::abs(high) * 1e-9) {
    const double room = high == 0 ? 1 : std::abs(high) * 0.05;
    low -= room;
    high += room;
  }
  return {low, high, from_px, to_px, false};
}

Axis Axis::log(double low, double high, double from_px, double to_px) {
  low = std::clamp(bounded(low), kTiny, kLargest);
  high = std::clamp(bounded(high), kTiny, kLargest);
  if (low > high) std::swap(low, high);
  if (high <= low * (1 + 1e-9)) {
    low /= 1.1;
    high *= 1.1;
  }
  return {low, high, from_px, to_px, true};
}

Axis Axis::around(const std::vector<double>& values, double from_px, double to_px) {
  const auto kept = finite(values);
  if (kept.empty()) return linear(0, 1, from_px, to_px);
  const auto [least, most] = std::minmax_element(kept.begin(), kept.end());
  if (*least > 0 && *most > kLogFrom * *least) {
    const double room = std::pow(*most / std::max(*least, kTiny), kRoom);
    return log(*least / room, *most * room, from_px, to_px);
  }
  const double room = (*most / 2 - *least / 2) * 2 * kRoom;
  const double low = *least - room;
  return linear(*least >= 0 ? std::max(low, 0.0) : low, *most + room, from_px, to_px);
}

Axis Axis::from_zero(const std::vector<double>& values, double from_px, double to_px) {
  const Axis whole = around(values, from_px, to_px);
  if (whole.log_ || whole.low_ <= 0) return whole;
  return linear(0, whole.high_, from_px, to_px);
}

double Axis::at(double value) const noexcept {
  if (!std::isfinite(value)) return from_px_;
  const double inside = std::clamp(value, low_, high_);
  const double share = log_ ? (std::log(inside) - std::log(low_)) / (std::log(high_) - std::log(low_))
                            : (inside / 2 - low_ / 2) / (high_ / 2 - low_ / 2);
  return from_px_ + share * (to_px_ - from_px_);
}

std::vector<double> Axis::tick_values(int most) const {
  if (!log_) return linear_ticks(low_, high_, most);
  auto values = log_ticks(low_, high_, most);
  if (values.size() < 3 && high_ / low_ < kLogFrom) values = linear_ticks(low_, high_, most);
  return values;
}

std::vector<Tick> Axis::ticks(int most) const {
  std::vector<Tick> ticks;
  for (const double value : tick_values(std::clamp(most, 2, kMostTicks))) {
    ticks.push_back({value, at(value), tick_label(value)});
  }
  return ticks;
}

}  // namespace kite::race
