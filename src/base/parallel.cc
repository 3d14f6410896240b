// SPDX-License-Identifier: Apache-2.0
// A team that shares a counter; it may live for one call.
#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

#include "base/cpu.h"

namespace kite {

namespace {

// With one piece of work, or one thread, everything runs on the caller's thread.
bool is_alone(std::size_t count, int threads) { return count <= 1 || threads == 1; }

void do_all(std::size_t count, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < count; ++i) body(i);
}

}  // namespace

void parallel_for(std::size_t count, ThreadPool& team, const std::function<void(std::size_t)>& body) {
  if (is_alone(count, team.size())) return do_all(count, body);
  struct Work {
    const std::function<void(std::size_t)>& body;
    std::size_t count;
    std::atomic<std::size_t> next{0};
    std::once_flag failing{};
    std::exception_ptr failure{};  // of the first thread that failed; the caller's thread throws it again
  } work{body, count};
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

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  if (is_alone(count, threads)) return do_all(count, body);
  const int most = threads > 0 ? threads : default_thread_count();
  ThreadPool team(static_cast<int>(std::min(static_cast<std::size_t>(most), count)));
  parallel_for(count, team, body);
}

}  // namespace kite
