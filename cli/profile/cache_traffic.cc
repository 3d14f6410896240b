// SPDX-License-Identifier: Apache-2.0
#include "cli/profile/cache_traffic.h"

#include <algorithm>
#include <list>
#include <unordered_map>

namespace kite::cli {

namespace {

// Steps touch whole tensors, so a finer line would only make this slower.
constexpr std::uint64_t kLine = 4096;

// One cache that drops the line that was not used for the longest time.
class LeastRecentlyUsed {
 public:
  explicit LeastRecentlyUsed(std::uint64_t bytes) : most_(std::max<std::uint64_t>(bytes / kLine, 1)) {}

  // True where the line was in it.
  bool touch(std::uint64_t line) {
    const auto [found, is_new] = at_.try_emplace(line, order_.end());
    if (!is_new) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    order_.push_front(line);
    found->second = order_.begin();
    if (order_.size() > most_) {
      at_.erase(order_.back());
      order_.pop_back();
    }
    return false;
  }

 private:
  std::uint64_t most_;
  std::list<std::uint64_t> order_;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> at_;
};

void run(std::span<const ModelStep> steps, std::vector<LeastRecentlyUsed>& caches, std::vector<Passed>& passed) {
  for (std::size_t s = 0; s < steps.size(); ++s) {
    passed[s].assign(caches.size(), 0);
    for (const MemoryRange& range : steps[s].ranges) {
      const std::uint64_t end = range.begin + range.bytes;
      for (std::uint64_t line = range.begin / kLine; line * kLine < end; ++line) {
        const std::uint64_t bytes = std::min(end, (line + 1) * kLine) - std::max(range.begin, line * kLine);
        // A nearer cache that has the line does not ask those behind it.
        for (std::size_t c = 0; c < caches.size() && !caches[c].touch(line); ++c) passed[s][c] += bytes;
      }
    }
  }
}

}  // namespace

std::vector<Passed> cache_traffic(std::span<const ModelStep> steps, std::span<const Cache> caches, int threads) {
  std::vector<LeastRecentlyUsed> all;
  for (const Cache& cache : caches) {
    const int of_them = (threads + cache.sharers - 1) / cache.sharers;
    all.emplace_back(cache.bytes * static_cast<std::uint64_t>(std::max(of_them, 1)));
  }
  std::vector<Passed> passed(steps.size());
  run(steps, all, passed);  // the run before
  run(steps, all, passed);
  return passed;
}

}  // namespace kite::cli
