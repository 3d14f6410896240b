// SPDX-License-Identifier: Apache-2.0
// Walsh averages are never listed: their order statistics are found by counting, which needs n log n steps, not n^2
// space.
#include "race/stats/hodges_lehmann.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "race/stats/distributions.h"
#include "race/stats/robust.h"

namespace kite::race {
namespace {

// Doubles in their numerical order as integers, so that bisection ends on the exact value.
std::uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double from_ordered_bits(std::uint64_t ordered) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((ordered & kSign) != 0 ? ordered & ~kSign : ~ordered);
}

double walsh(double a, double b) { return a / 2 + b / 2; }

// How many Walsh averages are <= limit. One pass: as i grows, the last j that fits only falls.
std::int64_t walsh_at_most(std::span<const double> sorted, double limit) {
  std::int64_t count = 0;
  auto end = static_cast<std::int64_t>(sorted.size());
  for (std::int64_t i = 0; i < end; ++i) {
    while (end > i && walsh(sorted[static_cast<std::size_t>(i)], sorted[static_cast<std::size_t>(end - 1)]) > limit) {
      --end;
    }
    count += end - i;
  }
  return count;
}

}  // namespace

double walsh_order_statistic(std::span<const double> sorted, std::int64_t k) {
  std::uint64_t low = ordered_bits(sorted.front());
  std::uint64_t high = ordered_bits(sorted.back());
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (walsh_at_most(sorted, from_ordered_bits(middle)) >= k) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return from_ordered_bits(low);
}

RatioEstimate hodges_lehmann_ratio(std::span<const double> log_ratios, double confidence) {
  std::vector<double> sorted;
  std::copy_if(log_ratios.begin(), log_ratios.end(), std::back_inserter(sorted),
               [](double value) { return std::isfinite(value); });
  std::sort(sorted.begin(), sorted.end());

  RatioEstimate estimate;
  estimate.n = static_cast<std::int32_t>(sorted.size());
  estimate.confidence = confidence;
  estimate.achieved_confidence = 1;
  if (sorted.empty()) return estimate;

  const auto n = static_cast<std::int64_t>(sorted.size());
  const std::int64_t averages = n * (n + 1) / 2;
  const double middle = walsh(walsh_order_statistic(sorted, (averages + 1) / 2),  //
                              walsh_order_statistic(sorted, averages / 2 + 1));
  estimate.ratio = std::exp(middle);

  const SignedRankTail tail = signed_rank_tail(n, (1 - confidence) / 2);
  if (tail.c < 0) return estimate;
  estimate.interval = {.low = std::exp(walsh_order_statistic(sorted, tail.c + 1)),
                       .high = std::exp(walsh_order_statistic(sorted, averages - tail.c))};
  estimate.achieved_confidence = 1 - 2 * tail.probability;
  return estimate;
}

double hodges_lehmann_shift(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double left : a) {
    for (const double right : b) differences.push_back(left - right);
  }
  const auto middle = static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), differences.begin() + middle, differences.end());
  const double upper = differences[static_cast<std::size_t>(middle)];
  if (differences.size() % 2 == 1) return upper;
  return walsh(*std::max_element(differences.begin(), differences.begin() + middle), upper);
}

}  // namespace kite::race
