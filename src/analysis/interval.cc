// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic. A product of zero and infinity is zero, because infinity only means "any number" here.
#include "analysis/interval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>

#include "tensor/convert.h"
#include "tensor/widen.h"

namespace kite {

namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 22;

double times(double a, double b) noexcept { return a == 0 || b == 0 ? 0 : a * b; }

}  // namespace

Interval sum(Interval a, Interval b) noexcept { return {a.low + b.low, a.high + b.high}; }

Interval negative(Interval a) noexcept { return {-a.high, -a.low}; }

Interval product(Interval a, Interval b) noexcept {
  const double corners[] = {times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)};
  return {*std::ranges::min_element(corners), *std::ranges::max_element(corners)};
}

Interval inverse(Interval a) noexcept {
  if (a.low > 0 || a.high < 0) return {1 / a.high, 1 / a.low};
  if (a.low >= 0) return {1 / a.high, kInfinity};
  return {};
}

Interval power(Interval a, double exponent) noexcept {
  if (exponent == 0) return {1, 1};
  if (a.low >= 0 && exponent > 0) return {std::pow(a.low, exponent), std::pow(a.high, exponent)};
  if (a.low >= 0) return inverse(power(a, -exponent));
  const bool is_even = std::fmod(exponent, 2) == 0;
  if (is_even && exponent > 0) return {0, std::pow(std::max(-a.low, a.high), exponent)};
  return {};
}

Interval hull(Interval a, Interval b) noexcept { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }
Interval larger(Interval a, Interval b) noexcept { return {std::max(a.low, b.low), std::max(a.high, b.high)}; }
Interval smaller(Interval a, Interval b) noexcept { return {std::min(a.low, b.low), std::min(a.high, b.high)}; }

Interval interval_of(const TensorView& constant) {
  const std::int64_t count = constant.type.shape.elements();
  const DType dtype = constant.type.dtype;
  if (constant.data == nullptr || count == 0 || count > kMostElements || is_half(dtype)) return {};
  Interval found{kInfinity, -kInfinity};
  std::array<double, 256> block;
  for (std::int64_t first = 0; first < count; first += std::ssize(block)) {
    const std::size_t length = static_cast<std::size_t>(std::min<std::int64_t>(std::ssize(block), count - first));
    const std::span<double> numbers = std::span(block).first(length);
    widen(dtype, constant.data + static_cast<std::size_t>(first) * dtype_size(dtype), numbers);
    for (const double number : numbers) {
      if (std::isnan(number)) return {};
      found = hull(found, {number, number});
    }
  }
  return found;
}

}  // namespace kite
