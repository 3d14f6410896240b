// SPDX-License-Identifier: Apache-2.0
// 64-bit arithmetic for numbers that come from outside: an overflow is remembered, not wrapped.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace kite {

// A sum or product of numbers that a file states. The first operand of an expression is made Checked by hand,
// `Checked(a) * b + c`, because `a * b` of two plain numbers would wrap before anything could notice. An expression in
// which one step overflowed stays overflowed, whatever follows.
class Checked {
 public:
  constexpr Checked(std::int64_t value) noexcept : value_(value) {}

  constexpr Checked& operator+=(Checked other) noexcept {
    overflowed_ |= other.overflowed_ | __builtin_add_overflow(value_, other.value_, &value_);
    return *this;
  }
  constexpr Checked& operator-=(Checked other) noexcept {
    overflowed_ |= other.overflowed_ | __builtin_sub_overflow(value_, other.value_, &value_);
    return *this;
  }
  constexpr Checked& operator*=(Checked other) noexcept {
    overflowed_ |= other.overflowed_ | __builtin_mul_overflow(value_, other.value_, &value_);
    return *this;
  }
  [[nodiscard]] friend constexpr Checked operator+(Checked a, Checked b) noexcept { return a += b; }
  [[nodiscard]] friend constexpr Checked operator-(Checked a, Checked b) noexcept { return a -= b; }
  [[nodiscard]] friend constexpr Checked operator*(Checked a, Checked b) noexcept { return a *= b; }

  // The number, if 64 bits hold it.
  [[nodiscard]] constexpr std::optional<std::int64_t> exact() const noexcept {
    return overflowed_ ? std::nullopt : std::optional(value_);
  }
  // The same with a limit.
  [[nodiscard]] constexpr std::optional<std::int64_t> at_most(std::int64_t limit) const noexcept {
    return value_ > limit ? std::nullopt : exact();
  }
  // The largest number instead of an overflow, for costs: no operand may be negative.
  [[nodiscard]] constexpr std::int64_t capped() const noexcept {
    return exact().value_or(std::numeric_limits<std::int64_t>::max());
  }

 private:
  std::int64_t value_;
  bool overflowed_ = false;
};

// Rounds up to a multiple of `unit` (> 0). The caller has bounded `n`, so the sum cannot overflow.
[[nodiscard]] constexpr std::int64_t round_up(std::int64_t n, std::int64_t unit) noexcept {
  return (n + unit - 1) / unit * unit;
}

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t n, std::int64_t unit) noexcept {
  return (n + unit - 1) / unit;
}

}  // namespace kite
