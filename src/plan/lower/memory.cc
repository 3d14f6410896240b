// SPDX-License-Identifier: Apache-2.0
// Greedy-by-size arena layout.
#include "plan/lower/memory.h"

#include <algorithm>
#include <numeric>

#include "base/checked.h"

namespace kite {

namespace {

constexpr std::int64_t kAlignment = 64;  // a cache line, and the widest vector

bool alive_together(const BufferLifetime& a, const BufferLifetime& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

}  // namespace

ArenaLayout place_buffers(const std::vector<BufferLifetime>& buffers) {
  std::vector<std::size_t> by_size(buffers.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::ranges::stable_sort(by_size,
                           [&](std::size_t a, std::size_t b) { return buffers[a].size_bytes > buffers[b].size_bytes; });

  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // ascending offset
  for (const std::size_t buffer : by_size) {
    const auto size =
        static_cast<std::uint64_t>(round_up(static_cast<std::int64_t>(buffers[buffer].size_bytes), kAlignment));
    std::uint64_t offset = 0;
    for (const std::size_t other : placed) {
      if (!alive_together(buffers[buffer], buffers[other])) continue;
      if (layout.offsets[other] >= offset + size) break;  // the gap before this buffer is large enough
      const auto end = layout.offsets[other] + static_cast<std::uint64_t>(round_up(
                                                   static_cast<std::int64_t>(buffers[other].size_bytes), kAlignment));
      offset = std::max(offset, end);
    }
    layout.offsets[buffer] = offset;
    layout.size_bytes = std::max(layout.size_bytes, offset + size);
    const auto position =
        std::ranges::upper_bound(placed, offset, {}, [&](std::size_t other) { return layout.offsets[other]; });
    placed.insert(position, buffer);
  }
  return layout;
}

}  // namespace kite
