// SPDX-License-Identifier: Apache-2.0
// A two-component mixture, and what makes it two modes.
#include "race/stats/modes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "race/stats/robust.h"

namespace kite::race {
namespace {

constexpr std::size_t kFewest = 20;
constexpr double kSmallestShare = 0.1;
constexpr double kCleanSeparation = 2;
constexpr double kShallowestValley = 0.6;
constexpr int kSteps = 200;

struct Component {
  double share = 0, mean = 0, sd = 0;
  [[nodiscard]] double density(double x) const {
    const double z = (x - mean) / sd;
    return share / sd * std::exp(-z * z / 2);  // without 1 / sqrt(2 pi), which cancels everywhere
  }
};
using Mixture = std::array<Component, 2>;

Component describe(std::span<const double> values, std::size_t all, double least_sd) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / n;
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / n;
  return {.share = n / static_cast<double>(all), .mean = mean, .sd = std::max(std::sqrt(variance), least_sd)};
}

// The cut of the sorted values with the least squared error within its two sides.
std::size_t best_split(std::span<const double> sorted) {
  double total = 0;
  for (const double value : sorted) total += value;
  double left = 0;
  double best = -1;
  std::size_t split = 1;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    left += sorted[i - 1];
    const double right = total - left;
    const double explained = left * left / static_cast<double>(i) +  //
                             right * right / static_cast<double>(sorted.size() - i);
    if (explained > best) {
      best = explained;
      split = i;
    }
  }
  return split;
}

// One step of expectation and maximisation.
Mixture improved(const Mixture& old, std::span<const double> values, double least_sd) {
  std::array<double, 2> weight{};
  std::array<double, 2> sum{};
  std::array<double, 2> squares{};
  for (const double value : values) {
    const double a = old[0].density(value);
    const double b = old[1].density(value);
    const double to_low = a + b > 0 ? a / (a + b) : (value < (old[0].mean + old[1].mean) / 2 ? 1.0 : 0.0);
    const std::array<double, 2> membership = {to_low, 1 - to_low};
    for (std::size_t k = 0; k < 2; ++k) {
      weight[k] += membership[k];
      sum[k] += membership[k] * value;
      squares[k] += membership[k] * value * value;
    }
  }
  Mixture next = old;
  for (std::size_t k = 0; k < 2; ++k) {
    if (weight[k] <= 0) continue;
    next[k].share = weight[k] / static_cast<double>(values.size());
    next[k].mean = sum[k] / weight[k];
    const double variance = squares[k] / weight[k] - next[k].mean * next[k].mean;
    next[k].sd = std::max(std::sqrt(std::max(variance, 0.0)), least_sd);
  }
  return next;
}

// The least density between the centres over the lower of the two peaks.
double valley_depth(const Mixture& mixture) {
  const auto density = [&](double x) { return mixture[0].density(x) + mixture[1].density(x); };
  const double lower_peak = std::min(density(mixture[0].mean), density(mixture[1].mean));
  double least = lower_peak;
  constexpr int kPoints = 100;
  for (int i = 1; i < kPoints; ++i) {
    const double x = mixture[0].mean + (mixture[1].mean - mixture[0].mean) * i / kPoints;
    least = std::min(least, density(x));
  }
  return least / lower_peak;
}

}  // namespace

std::optional<TwoModes> two_modes(std::span<const double> series) {
  if (series.size() < kFewest) return std::nullopt;
  std::vector<double> logs;
  for (const double value : series) logs.push_back(std::log(value));
  // Centred, so that sums of squares keep their precision.
  const double middle = median(logs);
  for (double& value : logs) value -= middle;
  const std::vector<double> sorted = sorted_copy(logs);
  // A component must not shrink onto a few equal values: a thousandth of the range of the middle 98 %.
  const double range = quantile_of_sorted(sorted, 0.99) - quantile_of_sorted(sorted, 0.01);
  if (!(range > 0)) return std::nullopt;
  const double least_sd = range * 1e-3;

  const std::size_t split = best_split(sorted);
  const std::span<const double> ordered = sorted;
  Mixture mixture = {describe(ordered.first(split), sorted.size(), least_sd),
                     describe(ordered.subspan(split), sorted.size(), least_sd)};
  for (int step = 0; step < kSteps; ++step) mixture = improved(mixture, logs, least_sd);
  if (mixture[0].mean > mixture[1].mean) std::swap(mixture[0], mixture[1]);

  const double spread = mixture[0].sd * mixture[0].sd + mixture[1].sd * mixture[1].sd;
  const double separation = std::sqrt(2 / spread) * (mixture[1].mean - mixture[0].mean);
  if (separation <= kCleanSeparation) return std::nullopt;
  if (std::min(mixture[0].share, mixture[1].share) < kSmallestShare) return std::nullopt;
  if (valley_depth(mixture) > kShallowestValley) return std::nullopt;

  TwoModes modes{.low = std::exp(mixture[0].mean + middle),
                 .high = std::exp(mixture[1].mean + middle),
                 .low_share = mixture[0].share,
                 .separation = separation};
  const auto in_high = [&](double x) { return mixture[1].density(x) > mixture[0].density(x); };
  for (std::size_t i = 1; i < logs.size(); ++i) {
    if (in_high(logs[i]) == in_high(logs[i - 1])) continue;
    ++modes.boundary_crossings;
    if (modes.boundary_crossings == 1) modes.first_crossing = i;
    modes.last_crossing = i;
  }
  return modes;
}

}  // namespace kite::race
