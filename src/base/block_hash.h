// SPDX-License-Identifier: Apache-2.0
// One hash of many bytes that several threads can compute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kite {

// 128 bits of XXH3 over the 128 bits of XXH3 of each megabyte; the same for any number of threads.
[[nodiscard]] std::array<std::uint64_t, 2> block_hash(std::span<const std::byte> bytes, int threads);

}  // namespace kite
