// SPDX-License-Identifier: Apache-2.0
// Optimal segmentation of a filtered, whitened series.
#include "race/stats/changepoint.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "race/stats/robust.h"

namespace kite::race {
namespace {

constexpr std::size_t kLongest = 4096;
constexpr std::size_t kShortestSegment = 3;  // two samples are a spike, not a level
constexpr std::ptrdiff_t kHalfWindow = 5;
constexpr double kSpike = 3;
constexpr double kPenalty = 5;

double median_step(std::span<const double> series, std::size_t lag) {
  std::vector<double> steps;
  for (std::size_t i = lag; i < series.size(); ++i) steps.push_back(std::fabs(series[i] - series[i - lag]));
  return median(steps);
}

// Standard deviation of what varies from one value to the next.
double noise_of(std::span<const double> series) {
  constexpr double kStepToSd = kMadToSd / 1.4142135623730951;
  const double typical = kStepToSd * median_step(series, 1);
  if (typical > 0) return typical;
  // More than half the steps are 0 (a coarse clock): the mean step is all there is.
  double total = 0;
  for (std::size_t i = 1; i < series.size(); ++i) total += std::fabs(series[i] - series[i - 1]);
  constexpr double kMeanStepToSd = 0.886226925452758;  // sqrt(pi) / 2
  return kMeanStepToSd * total / static_cast<double>(series.size() - 1);
}

std::vector<double> batch_means(std::span<const double> series, std::size_t batch) {
  std::vector<double> means;
  for (std::size_t begin = 0; begin + batch <= series.size(); begin += batch) {
    const auto values = series.subspan(begin, batch);
    means.push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(batch));
  }
  return means;
}

// A single wild value is not a level.
std::vector<double> without_spikes(std::span<const double> series) {
  const double reach = kSpike * noise_of(series);
  const auto n = static_cast<std::ptrdiff_t>(series.size());
  std::vector<double> filtered;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, i - kHalfWindow);
    const std::ptrdiff_t end = std::min(n, i + kHalfWindow + 1);
    const double middle =
        median(series.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    filtered.push_back(std::clamp(series[static_cast<std::size_t>(i)], middle - reach, middle + reach));
  }
  return filtered;
}

// x[i] - rho x[i - 1]: levels scale by 1 - rho, the noise becomes independent.
std::vector<double> whitened(std::span<const double> series, double rho) {
  std::vector<double> values(series.begin(), series.end());
  for (std::size_t i = series.size() - 1; i > 0; --i) values[i] -= rho * series[i - 1];
  values[0] *= 1 - rho;
  return values;
}

// First positions of the segments after the first one.
std::vector<std::size_t> pelt(std::span<const double> values, double penalty) {
  const std::size_t n = values.size();
  std::vector<double> sums(n + 1, 0.0);
  std::vector<double> squares(n + 1, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    sums[i + 1] = sums[i] + values[i];
    squares[i + 1] = squares[i] + values[i] * values[i];
  }
  const auto cost = [&](std::size_t begin, std::size_t end) {
    const double sum = sums[end] - sums[begin];
    return squares[end] - squares[begin] - sum * sum / static_cast<double>(end - begin);
  };
  std::vector<double> best(n + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> previous(n + 1, 0);
  best[0] = -penalty;
  std::vector<std::size_t> candidates;
  for (std::size_t end = kShortestSegment; end <= n; ++end) {
    const std::size_t newest = end - kShortestSegment;
    if (std::isfinite(best[newest])) candidates.push_back(newest);
    for (const std::size_t begin : candidates) {
      const double total = best[begin] + cost(begin, end) + penalty;
      if (total < best[end]) {
        best[end] = total;
        previous[end] = begin;
      }
    }
    std::erase_if(candidates, [&](std::size_t begin) { return best[begin] + cost(begin, end) > best[end]; });
  }
  std::vector<std::size_t> changes;
  for (std::size_t at = previous[n]; at > 0; at = previous[at]) changes.push_back(at);
  std::reverse(changes.begin(), changes.end());
  return changes;
}

}  // namespace

double robust_autocorrelation(std::span<const double> series) {
  if (series.size() < 8) return 0;
  const double one = median_step(series, 1);
  const double two = median_step(series, 2);
  if (one <= 0) return 0;
  return std::clamp(two * two / (one * one) - 1, -0.95, 0.95);
}

std::vector<Segment> level_segments(std::span<const double> series) {
  if (series.empty()) return {};
  const std::size_t batch = (series.size() + kLongest - 1) / kLongest;
  std::vector<std::size_t> changes;
  if (series.size() >= 2 * kShortestSegment) {
    std::vector<double> values = without_spikes(batch_means(series, batch));
    // Centred, so that prefix sums of squares lose nothing to a large common level.
    const double middle = median(values);
    for (double& value : values) value -= middle;
    // Alternation (rho < 0) averages out inside a segment; whitening would only exaggerate it.
    values = whitened(values, std::max(0.0, robust_autocorrelation(values)));
    const double noise = noise_of(values);
    if (noise > 0) changes = pelt(values, kPenalty * noise * noise * std::log(static_cast<double>(values.size())));
  }
  std::vector<Segment> segments;
  std::size_t begin = 0;
  changes.push_back((series.size() + batch - 1) / batch);
  for (const std::size_t change : changes) {
    const std::size_t end = std::min(change * batch, series.size());
    segments.push_back({.begin = begin, .end = end, .level = median(series.subspan(begin, end - begin))});
    begin = end;
  }
  return segments;
}

}  // namespace kite::race
