// SPDX-License-Identifier: Apache-2.0
// What a processor can do beyond its architecture's minimum, as a set. This file holds constants only, because code
// that is compiled for one instruction set includes it.
#pragma once

#include <cstdint>

namespace kite {

struct Features {
  std::uint64_t bits = 0;

  [[nodiscard]] constexpr bool contain(Features other) const noexcept { return (other.bits & ~bits) == 0; }
  friend constexpr Features operator|(Features a, Features b) noexcept { return {a.bits | b.bits}; }
  friend constexpr bool operator==(Features a, Features b) noexcept = default;
};

// Plans store these bits, so none may change its meaning: a new feature gets the next free bit.
inline constexpr Features kAvx2 = {1 << 0}, kFma = {1 << 1}, kAvx512F = {1 << 2}, kAvx512Bw = {1 << 3},
                          kAvx512Dq = {1 << 4}, kAvx512Vl = {1 << 5};
inline constexpr Features kAdvancedSimd = {1 << 6};  // of ARM
// No target needs it: kernels of 8-bit numbers use it where it is.
inline constexpr Features kAvx512Vnni = {1 << 7};

}  // namespace kite
