// SPDX-License-Identifier: Apache-2.0
// Counts all sign patterns, in two halves, or a sample of them.
#include "race/stats/permutation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "race/stats/random.h"

namespace kite::race {
namespace {

// Every +-x_0 +-x_1 ..., sorted: adding a value merges two lists that are sorted already.
std::vector<double> signed_sums(std::span<const double> values) {
  std::vector<double> sums = {0.0};
  std::vector<double> lower;
  std::vector<double> upper;
  for (const double value : values) {
    const double size = std::fabs(value);
    lower.clear();
    upper.clear();
    for (const double sum : sums) {
      lower.push_back(sum - size);
      upper.push_back(sum + size);
    }
    sums.resize(lower.size() + upper.size());
    std::merge(lower.begin(), lower.end(), upper.begin(), upper.end(), sums.begin());
  }
  return sums;
}

double exact_p(std::span<const double> values, double at_least) {
  const std::vector<double> left = signed_sums(values.first(values.size() / 2));
  const std::vector<double> right = signed_sums(values.subspan(values.size() / 2));
  // Sums come in pairs +-s, so the upper tail is half of the answer (at_least > 0).
  double count = 0;
  auto from = right.end();
  for (const double sum : left) {
    while (from != right.begin() && sum + *(from - 1) >= at_least) --from;
    count += static_cast<double>(right.end() - from);
  }
  return 2 * count / (static_cast<double>(left.size()) * static_cast<double>(right.size()));
}

double sampled_p(std::span<const double> values, double at_least, std::uint64_t seed, std::int32_t draws) {
  Random random(seed);
  std::int64_t hits = 0;
  for (std::int32_t draw = 0; draw < draws; ++draw) {
    double sum = 0;
    std::uint64_t signs = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i % 64 == 0) signs = random.bits();
      sum += (signs & 1) != 0 ? values[i] : -values[i];
      signs >>= 1;
    }
    if (std::fabs(sum) >= at_least) ++hits;
  }
  return static_cast<double>(hits + 1) / (static_cast<double>(draws) + 1);
}

}  // namespace

SignFlip sign_flip_test(std::span<const double> log_ratios, const SignFlipRules& rules) {
  double sum = 0;
  double size = 0;
  for (const double value : log_ratios) {
    sum += value;
    size += std::fabs(value);
  }
  // A million times the rounding error of such sums, and a thousandth of the smallest difference that a clock can show.
  const double at_least = std::fabs(sum) - 1e-10 * size;
  const bool exact = log_ratios.size() <= rules.exact_up_to;
  if (at_least <= 0) return {.p = 1, .exact = true};
  return {.p = exact ? exact_p(log_ratios, at_least) : sampled_p(log_ratios, at_least, rules.seed, rules.draws),
          .exact = exact};
}

}  // namespace kite::race
