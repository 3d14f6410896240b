// SPDX-License-Identifier: Apache-2.0
// Greedy-by-size arena layout, and one by time for very many buffers.
#include "plan/lower/memory.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <utility>

#include "base/checked.h"

namespace kite {

namespace {

constexpr std::int64_t kAlignment = 64;  // a cache line, and the widest vector

bool alive_together(const BufferLifetime& a, const BufferLifetime& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

std::uint64_t rounded_size(const BufferLifetime& buffer) {
  return static_cast<std::uint64_t>(round_up(static_cast<std::int64_t>(buffer.size_bytes), kAlignment));
}

// Gaps of an arena that grows at its end.
class Gaps {
 public:
  explicit Gaps(std::uint64_t& end) : end_(end) {}

  std::uint64_t take(std::uint64_t size) {
    const auto fitting = by_size_.lower_bound({size, 0});
    if (fitting == by_size_.end()) {
      std::uint64_t offset = end_;
      if (const auto last = by_offset_.empty() ? by_offset_.end() : std::prev(by_offset_.end());
          last != by_offset_.end() && last->first + last->second == end_) {
        offset = last->first;
        erase(last);
      }
      end_ = offset + size;
      return offset;
    }
    const auto [gap_size, offset] = *fitting;
    erase(by_offset_.find(offset));
    if (gap_size > size) insert(offset + size, gap_size - size);
    return offset;
  }
  void give_back(std::uint64_t offset, std::uint64_t size) {
    auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.end() && offset + size == next->first) {
      size += next->second;
      next = erase(next);
    }
    if (next != by_offset_.begin()) {
      const auto previous = std::prev(next);
      if (previous->first + previous->second == offset) {
        offset = previous->first;
        size += previous->second;
        erase(previous);
      }
    }
    insert(offset, size);
  }

 private:
  using ByOffset = std::map<std::uint64_t, std::uint64_t>;
  ByOffset::iterator erase(ByOffset::iterator gap) {
    by_size_.erase({gap->second, gap->first});
    return by_offset_.erase(gap);
  }
  void insert(std::uint64_t offset, std::uint64_t size) {
    by_offset_.emplace(offset, size);
    by_size_.emplace(size, offset);
  }

  std::uint64_t& end_;
  ByOffset by_offset_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;
};

ArenaLayout place_by_time(const std::vector<BufferLifetime>& buffers) {
  std::vector<std::size_t> by_first(buffers.size());
  std::iota(by_first.begin(), by_first.end(), std::size_t{0});
  std::ranges::stable_sort(by_first, {}, [&](std::size_t i) { return buffers[i].first_step; });
  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  Gaps gaps(layout.size_bytes);
  using Alive = std::pair<std::int32_t, std::size_t>;  // the last step, and the buffer
  std::priority_queue<Alive, std::vector<Alive>, std::greater<>> alive;
  for (const std::size_t buffer : by_first) {
    for (; !alive.empty() && alive.top().first < buffers[buffer].first_step; alive.pop()) {
      const std::size_t gone = alive.top().second;
      gaps.give_back(layout.offsets[gone], rounded_size(buffers[gone]));
    }
    const std::uint64_t size = rounded_size(buffers[buffer]);
    if (size == 0) continue;
    layout.offsets[buffer] = gaps.take(size);
    alive.emplace(buffers[buffer].last_step, buffer);
  }
  return layout;
}

// nullopt where it would take more looks.
std::optional<ArenaLayout> place_by_size(const std::vector<BufferLifetime>& buffers, std::int64_t most_pairs) {
  std::vector<std::size_t> by_size(buffers.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::ranges::stable_sort(by_size,
                           [&](std::size_t a, std::size_t b) { return buffers[a].size_bytes > buffers[b].size_bytes; });

  ArenaLayout layout;
  layout.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // ascending offset
  for (const std::size_t buffer : by_size) {
    const std::uint64_t size = rounded_size(buffers[buffer]);
    std::uint64_t offset = 0;
    for (const std::size_t other : placed) {
      if (--most_pairs < 0) return std::nullopt;
      if (!alive_together(buffers[buffer], buffers[other])) continue;
      if (layout.offsets[other] >= offset + size) break;  // the gap before this buffer is large enough
      offset = std::max(offset, layout.offsets[other] + rounded_size(buffers[other]));
    }
    layout.offsets[buffer] = offset;
    layout.size_bytes = std::max(layout.size_bytes, offset + size);
    const auto position =
        std::ranges::upper_bound(placed, offset, {}, [&](std::size_t other) { return layout.offsets[other]; });
    placed.insert(position, buffer);
  }
  return layout;
}

}  // namespace

ArenaLayout place_buffers(const std::vector<BufferLifetime>& buffers, std::int64_t most_pairs) {
  auto layout = place_by_size(buffers, most_pairs);
  return layout ? *std::move(layout) : place_by_time(buffers);
}

}  // namespace kite
