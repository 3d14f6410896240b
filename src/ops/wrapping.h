// SPDX-License-Identifier: Apache-2.0
// Arithmetic that is defined for every operand: integers wrap as in numpy, floats follow IEEE 754.
#pragma once

#include <cstdint>
#include <type_traits>

namespace kite {

// What dot products are summed in: float64 for floats, so that tier one is exact to its last rounding; the unsigned
// type of the same width for integers, because signed overflow is undefined.
template <typename T, bool = std::is_floating_point_v<T>>
struct AccumulatorOf {
  using Type = double;
};
template <typename T>
struct AccumulatorOf<T, false> {
  using Type = std::uint64_t;  // truncating the final sum equals wrapping at every step
};
template <typename T>
using Accumulator = typename AccumulatorOf<T>::Type;

template <typename T>
[[nodiscard]] constexpr T wrapping_add(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
}

template <typename T>
[[nodiscard]] constexpr T wrapping_sub(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return a - b;
  } else {
    return static_cast<T>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }
}

template <typename T>
[[nodiscard]] constexpr T wrapping_mul(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return a * b;
  } else {
    return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
}

}  // namespace kite
