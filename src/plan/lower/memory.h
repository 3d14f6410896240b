// SPDX-License-Identifier: Apache-2.0
// Places buffers with known lifetimes in one arena so that those alive together do not overlap.
#pragma once

#include <cstdint>
#include <vector>

namespace kite {

struct BufferLifetime {
  std::uint64_t size_bytes = 0;
  std::int32_t first_step = 0;  // written here
  std::int32_t last_step = 0;   // last read here; alive during the whole of both
};

struct ArenaLayout {
  std::vector<std::uint64_t> offsets;  // by buffer, multiples of 64
  std::uint64_t size_bytes = 0;
};

// Largest buffer first, each at the lowest offset free for its whole lifetime ("greedy by size": Pisarchyk and Lee,
// Efficient Memory Management for Deep Neural Net Inference, 2020, section 5).
[[nodiscard]] ArenaLayout place_buffers(const std::vector<BufferLifetime>& buffers);

}  // namespace kite
