// SPDX-License-Identifier: Apache-2.0
// Distribution functions by sums and recursions; inverses by bisection.
#include "race/stats/distributions.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace kite::race {
namespace {

constexpr std::int64_t kExactSignedRank = 100;
constexpr std::int64_t kNormalFromDegrees = 2000;

// The x in [low, high] where an increasing function reaches `target`, to the last bit.
template <typename Function>
double solve(Function increasing, double target, double low, double high) {
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (increasing(middle) < target ? low : high) = middle;
  }
}

// P(|T| <= t).
double student_t_inside(double t, std::int64_t degrees) {
  // The double form of the arc tangent would bring 54 KB of tables into the program.
  const auto theta =
      static_cast<double>(std::atan(static_cast<long double>(t / std::sqrt(static_cast<double>(degrees)))));
  const double cosine_squared = std::cos(theta) * std::cos(theta);
  const bool odd = degrees % 2 == 1;
  if (degrees == 1) return 2 * theta / std::numbers::pi;
  double term = odd ? std::cos(theta) : 1;
  double sum = term;
  for (std::int64_t i = odd ? 3 : 2; i <= degrees - 2; i += 2) {
    term *= cosine_squared * static_cast<double>(i - 1) / static_cast<double>(i);
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (theta + std::sin(theta) * sum) : std::sin(theta) * sum;
}

SignedRankTail exact_signed_rank_tail(std::int64_t n, double tail) {
  const auto total = static_cast<std::size_t>(n * (n + 1) / 2);
  std::vector<double> mass(total + 1, 0.0);
  mass[0] = 1;
  std::size_t reach = 0;
  for (auto rank = std::size_t{1}; rank <= static_cast<std::size_t>(n); ++rank) {
    reach += rank;
    for (std::size_t w = reach; w >= rank; --w) mass[w] = (mass[w] + mass[w - rank]) / 2;
    for (std::size_t w = 0; w < rank; ++w) mass[w] /= 2;
  }
  SignedRankTail found;
  double cumulative = 0;
  for (std::size_t w = 0; w <= total; ++w) {
    cumulative += mass[w];
    if (cumulative > tail) break;
    found = {.c = static_cast<std::int64_t>(w), .probability = cumulative};
  }
  return found;
}

}  // namespace

double normal_cdf(double z) noexcept { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double normal_quantile(double p) noexcept {
  // erfc keeps its relative precision in the lower tail only.
  if (p > 0.5) return -normal_quantile(1 - p);
  return solve(normal_cdf, p, -40, 0);
}

double student_t_two_sided(double confidence, std::int64_t degrees) noexcept {
  if (degrees > kNormalFromDegrees) return -normal_quantile((1 - confidence) / 2);
  return solve([&](double t) { return student_t_inside(t, degrees); }, confidence, 0, 1e9);
}

double binomial_pmf(std::int64_t k, std::int64_t n, double p) noexcept {
  const auto real_n = static_cast<double>(n);
  const auto real_k = static_cast<double>(k);
  return std::exp(std::lgamma(real_n + 1) - std::lgamma(real_k + 1) - std::lgamma(real_n - real_k + 1) +
                  real_k * std::log(p) + (real_n - real_k) * std::log1p(-p));
}

SignedRankTail signed_rank_tail(std::int64_t n, double tail) {
  if (n <= kExactSignedRank) return exact_signed_rank_tail(n, tail);
  const auto real_n = static_cast<double>(n);
  const double mean = real_n * (real_n + 1) / 4;
  const double sd = std::sqrt(mean * (2 * real_n + 1) / 6);
  const double c = std::floor(mean - 0.5 + sd * normal_quantile(tail));
  if (!(c >= 0)) return {};
  return {.c = static_cast<std::int64_t>(c), .probability = normal_cdf((c + 0.5 - mean) / sd)};
}

}  // namespace kite::race
