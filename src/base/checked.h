// SPDX-License-Identifier: Apache-2.0
// 64-bit size arithmetic that reports overflow instead of wrapping.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace kite {

[[nodiscard]] constexpr std::optional<std::int64_t> checked_mul(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

[[nodiscard]] constexpr std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

// Returns the largest number instead of overflowing. Both numbers must be >= 0.
[[nodiscard]] constexpr std::int64_t capped_mul(std::int64_t a, std::int64_t b) noexcept {
  return checked_mul(a, b).value_or(std::numeric_limits<std::int64_t>::max());
}
[[nodiscard]] constexpr std::int64_t capped_add(std::int64_t a, std::int64_t b) noexcept {
  return checked_add(a, b).value_or(std::numeric_limits<std::int64_t>::max());
}

// Rounds up to a multiple of `unit` (> 0). The caller has bounded `n`, so the sum cannot overflow.
[[nodiscard]] constexpr std::int64_t round_up(std::int64_t n, std::int64_t unit) noexcept {
  return (n + unit - 1) / unit * unit;
}

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t n, std::int64_t unit) noexcept {
  return (n + unit - 1) / unit;
}

}  // namespace kite
