// SPDX-License-Identifier: Apache-2.0
// The two numbers between which the elements of a value are.
#pragma once

#include <limits>

#include "paperkite/tensor.h"

namespace kite {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Both ends belong to the interval. Elements may also be NaN.
struct Interval {
  double low = -kInfinity;
  double high = kInfinity;

  [[nodiscard]] bool is_within(double least, double most) const noexcept { return low >= least && high <= most; }
  [[nodiscard]] bool is_point() const noexcept { return low == high; }
  [[nodiscard]] bool operator==(const Interval&) const noexcept = default;
};

[[nodiscard]] Interval sum(Interval a, Interval b) noexcept;
[[nodiscard]] Interval negative(Interval a) noexcept;
[[nodiscard]] Interval product(Interval a, Interval b) noexcept;
// The interval of all numbers where `a` may be zero.
[[nodiscard]] Interval inverse(Interval a) noexcept;
[[nodiscard]] Interval power(Interval a, double exponent) noexcept;
[[nodiscard]] Interval hull(Interval a, Interval b) noexcept;
// The larger and the smaller of two elements, one from each interval.
[[nodiscard]] Interval larger(Interval a, Interval b) noexcept;
[[nodiscard]] Interval smaller(Interval a, Interval b) noexcept;

// The interval of a constant's elements. It is the interval of all numbers where an element is NaN, where there are no
// elements, and where there are more than a bias or a mask of a large picture has: such a constant is a weight.
[[nodiscard]] Interval interval_of(const TensorView& constant);

}  // namespace kite
