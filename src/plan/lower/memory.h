// SPDX-License-Identifier: Apache-2.0
// Lays out buffers with known lifetimes in one arena, so that buffers which are alive at the same time do not overlap.
#pragma once

#include <cstdint>
#include <vector>

namespace kite {

struct BufferLifetime {
  std::uint64_t size_bytes = 0;
  std::int32_t first_step = 0;  // the step that writes the buffer
  std::int32_t last_step = 0;   // the last step that reads it; the buffer is alive until this step ends
};

struct ArenaLayout {
  std::vector<std::uint64_t> offsets;  // by buffer, multiples of 64
  std::uint64_t size_bytes = 0;
};

// Looks at pairs of buffers that one layout may cost. Some 11,000 buffers that are all alive at once take as many, and
// some 0.2 s; a network for pictures has fewer than 1,000 buffers.
inline constexpr std::int64_t kMostPairs = std::int64_t{1} << 26;

// The largest buffer first, each at the lowest offset that is free during its whole lifetime ("greedy by size":
// Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020, section 5). Where that takes more
// than `most_pairs` looks, buffers are placed in the order of their first steps, each in the smallest gap that is free
// then: n buffers cost n log n, and the arena may be larger.
[[nodiscard]] ArenaLayout place_buffers(const std::vector<BufferLifetime>& buffers,
                                        std::int64_t most_pairs = kMostPairs);

}  // namespace kite
