// SPDX-License-Identifier: Apache-2.0
// Whole numbers and texts out of the bytes of a file. The caller checks that they are inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kite {

enum class ByteOrder : bool { kLittle, kBig };

// `size` bytes at `at`, 1 to 8 of them.
[[nodiscard]] inline std::uint64_t read_number(std::span<const std::byte> bytes, std::size_t at, int size,
                                               ByteOrder order) noexcept {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) {
    const int from = order == ByteOrder::kBig ? i : size - 1 - i;
    value = value << 8 | static_cast<std::uint64_t>(bytes[at + static_cast<std::size_t>(from)]);
  }
  return value;
}

[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline std::uint32_t read8(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return static_cast<std::uint32_t>(bytes[at]);
}
[[nodiscard]] inline std::uint32_t read16(std::span<const std::byte> bytes, std::size_t at, ByteOrder order) noexcept {
  return static_cast<std::uint32_t>(read_number(bytes, at, 2, order));
}
[[nodiscard]] inline std::uint32_t read32(std::span<const std::byte> bytes, std::size_t at, ByteOrder order) noexcept {
  return static_cast<std::uint32_t>(read_number(bytes, at, 4, order));
}

}  // namespace kite
