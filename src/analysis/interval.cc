// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic. A product of zero and infinity is zero, because infinity only means "any number" here.
#include "analysis/interval.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace kite {

namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 22;

double times(double a, double b) noexcept { return a == 0 || b == 0 ? 0 : a * b; }

template <typename T>
Interval bounds(const TensorView& view) {
  Interval found{kInfinity, -kInfinity};
  for (std::int64_t i = 0; i < view.type.shape.elements(); ++i) {
    T element;
    std::memcpy(&element, view.data + static_cast<std::size_t>(i) * sizeof element, sizeof element);
    const auto number = static_cast<double>(element);
    if (std::isnan(number)) return {};
    found = hull(found, {number, number});
  }
  return found;
}

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
  if (constant.data == nullptr || count == 0 || count > kMostElements) return {};
  switch (constant.type.dtype) {
    case DType::kFloat32: return bounds<float>(constant);
    case DType::kFloat64: return bounds<double>(constant);
    case DType::kInt32: return bounds<std::int32_t>(constant);
    case DType::kInt64: return bounds<std::int64_t>(constant);
    case DType::kUInt8: return bounds<std::uint8_t>(constant);
    case DType::kInt8: return bounds<std::int8_t>(constant);
    case DType::kBool: return bounds<std::uint8_t>(constant);
    case DType::kFloat16:
    case DType::kBFloat16: return {};
  }
  return {};
}

}  // namespace kite
