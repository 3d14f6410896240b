// SPDX-License-Identifier: Apache-2.0
// Integers of 4 and 2 bits: a byte each in memory, several to a byte in a model's file, the first in the lowest bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/checked.h"
#include "paperkite/tensor.h"

namespace kite {

// The bits that a model's file spends on an element of a type whose elements take one byte in memory; 8 for others.
[[nodiscard]] constexpr int bits_of(DType dtype) noexcept {
  if (dtype == DType::kInt4 || dtype == DType::kUInt4) return 4;
  return dtype == DType::kInt2 || dtype == DType::kUInt2 ? 2 : 8;
}
[[nodiscard]] constexpr bool is_packed(DType dtype) noexcept { return bits_of(dtype) < 8; }

// Bytes of `elements` numbers of a packed type in a model's file. The last byte may be filled in part.
[[nodiscard]] constexpr std::int64_t packed_bytes(DType dtype, std::int64_t elements) noexcept {
  return ceil_div(elements, 8 / bits_of(dtype));
}

// Element `i` of a packed type, as the byte that it is in memory.
[[nodiscard]] constexpr std::byte unpacked(DType dtype, const std::byte* packed, std::int64_t i) noexcept {
  const int bits = bits_of(dtype);
  const std::int64_t in_a_byte = 8 / bits;
  const int shift = static_cast<int>(i % in_a_byte) * bits;
  const int value = static_cast<int>(packed[i / in_a_byte]) >> shift & ((1 << bits) - 1);
  const bool is_negative = (dtype == DType::kInt4 || dtype == DType::kInt2) && value >> (bits - 1) != 0;
  return static_cast<std::byte>(is_negative ? value - (1 << bits) : value);
}

// Whether a byte is an element of a packed type.
[[nodiscard]] constexpr bool is_element(DType dtype, std::byte value) noexcept {
  const int bits = bits_of(dtype);
  const std::byte low = value & static_cast<std::byte>((1 << bits) - 1);
  return unpacked(dtype, &low, 0) == value;
}

}  // namespace kite
