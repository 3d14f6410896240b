// SPDX-License-Identifier: Apache-2.0
// A team that lives for one call and shares a counter.
#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "base/cpu.h"
#include "base/thread_pool.h"

namespace kite {

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  if (count <= 1 || threads == 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  struct Work {
    const std::function<void(std::size_t)>& body;
    std::size_t count;
    std::atomic<std::size_t> next{0};
    std::once_flag failing{};
    std::exception_ptr failure{};  // a thread has nobody else to tell
  } work{body, count};
  const int most = threads > 0 ? threads : default_thread_count();
  ThreadPool team(static_cast<int>(std::min(static_cast<std::size_t>(most), count)));
  team.run(
      [](void* context, int /*member*/) {
        auto& shared = *static_cast<Work*>(context);
        try {
          for (std::size_t i; (i = shared.next.fetch_add(1, std::memory_order_relaxed)) < shared.count;) shared.body(i);
        } catch (...) {
          std::call_once(shared.failing, [&] { shared.failure = std::current_exception(); });
        }
      },
      &work);
  if (work.failure) std::rethrow_exception(work.failure);
}

}  // namespace kite
