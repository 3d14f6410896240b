// SPDX-License-Identifier: Apache-2.0
// A team that lives for one call and shares a counter.
#include "base/parallel.h"

#include <algorithm>
#include <atomic>

#include "base/thread_pool.h"

namespace kite {

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  struct Work {
    const std::function<void(std::size_t)>& body;
    std::size_t count;
    std::atomic<std::size_t> next{0};
  } work{body, count};
  ThreadPool team(static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), count)));
  team.run(
      [](void* context, int /*member*/) {
        auto& shared = *static_cast<Work*>(context);
        for (std::size_t i; (i = shared.next.fetch_add(1, std::memory_order_relaxed)) < shared.count;) shared.body(i);
      },
      &work);
}

}  // namespace kite
