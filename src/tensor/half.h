// SPDX-License-Identifier: Apache-2.0
// Half-precision numbers to float32 and back. Rounding is to the nearest, ties to even; NaN stays NaN, and what is too
// large becomes infinite.
#pragma once

#include <bit>
#include <cstdint>

#include "paperkite/tensor.h"

namespace kite {

[[nodiscard]] constexpr float to_float(BFloat16 half) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(half.bits) << 16);
}

[[nodiscard]] constexpr float to_float(Float16 half) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000U) << 16;
  const std::uint32_t magnitude = half.bits & 0x7fffU;
  if (magnitude >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (magnitude & 0x3ffU) << 13);
  // Below 2^-14 the bits count units of 2^-24. That product is a normal number, and so are its factors: while kernels
  // run, denormals of float32 are zero.
  const float small = static_cast<float>(magnitude) * 0x1p-24F;
  const std::uint32_t bits =
      magnitude < 0x400U ? std::bit_cast<std::uint32_t>(small) : (magnitude << 13) + (112U << 23);
  return std::bit_cast<float>(sign | bits);
}

template <typename Half>
[[nodiscard]] constexpr Half to_half(float value) noexcept;

template <>
[[nodiscard]] constexpr BFloat16 to_half<BFloat16>(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return {static_cast<std::uint16_t>(bits >> 16 | 0x40U)};
  return {static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16)};
}

template <>
[[nodiscard]] constexpr Float16 to_half<Float16>(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return {static_cast<std::uint16_t>(sign | 0x7e00U)};
  // 65520 is halfway between the largest number, 65504, and the one that does not exist.
  if (magnitude >= 0x477ff000U) return {static_cast<std::uint16_t>(sign | 0x7c00U)};
  if (magnitude < 0x38800000U) {
    // Below 2^-14 the unit is 2^-24: adding 0.5 leaves the rounded count of units in the last bits of the sum.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return {static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3f000000U))};
  }
  const std::uint32_t rounded = magnitude - (112U << 23) + 0xfffU + (magnitude >> 13 & 1U);
  return {static_cast<std::uint16_t>(sign | rounded >> 13)};
}

}  // namespace kite
