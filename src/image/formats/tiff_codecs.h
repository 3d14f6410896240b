// SPDX-License-Identifier: Apache-2.0
// What a strip or tile of a TIFF goes through before its samples can be read: decompression and differencing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "image/byte_order.h"

namespace kite {

// Each fills all of `to`, and returns false when the data is damaged or ends before that. What follows is ignored.
[[nodiscard]] bool unpack_lzw(std::span<const std::byte> from, std::span<std::byte> to);
[[nodiscard]] bool unpack_deflate(std::span<const std::byte> from, std::span<std::byte> to);
[[nodiscard]] bool unpack_packbits(std::span<const std::byte> from, std::span<std::byte> to);

// LZW of before 1989 has its bits in the other order. This is how libtiff recognises it.
[[nodiscard]] bool is_old_lzw(std::span<const std::byte> from) noexcept;

// Predictor 2: each sample is stored as the difference from the one `samples` before it in its row. `bits`: 8, 16
// or 32.
void add_differences(std::span<std::byte> row, std::size_t samples, int bits, ByteOrder order) noexcept;

void reverse_bits(std::span<std::byte> bytes) noexcept;

}  // namespace kite
