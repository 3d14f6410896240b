// SPDX-License-Identifier: Apache-2.0
// Sessions that no call uses at this moment.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/fork.h"

namespace kite {

// Any number of threads take and give. A fork finds the list whole: what another thread has taken at that moment never
// comes back in the child, and is made anew there.
template <typename T>
class IdleList {
 public:
  // The one that was given last, of this plan and for so many threads; null where there is none.
  [[nodiscard]] std::shared_ptr<T> take(const void* plan, int threads) {
    const std::lock_guard lock(fork_safe_mutex());
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                    [&](const Idle& idle) { return idle.plan == plan && idle.threads == threads; });
    if (found == idle_.rend()) return nullptr;
    std::shared_ptr<T> taken = std::move(found->session);
    idle_.erase(std::next(found).base());
    return taken;
  }

  // Keeps at most `most`; those that have been idle for longest end. `is_dropped` is read under the mutex that drop()
  // takes, too: one whose plan was dropped meanwhile is not kept.
  void give(const void* plan, int threads, std::shared_ptr<T> session, std::size_t most,
            const bool& is_dropped = kKept) {
    std::vector<Idle> ended;  // behind the lock: their workers are waited for
    const std::lock_guard lock(fork_safe_mutex());
    if (is_dropped) {
      ended.push_back({plan, threads, std::move(session)});
      return;
    }
    idle_.push_back({plan, threads, std::move(session)});
    if (idle_.size() <= most) return;
    const auto first_kept = idle_.end() - static_cast<std::ptrdiff_t>(most);
    std::move(idle_.begin(), first_kept, std::back_inserter(ended));
    idle_.erase(idle_.begin(), first_kept);
  }

  // All of a plan; whoever calls it has set what give() reads of it before.
  void drop(const void* plan) {
    std::vector<Idle> ended;
    const std::lock_guard lock(fork_safe_mutex());
    const auto first_dropped =
        std::stable_partition(idle_.begin(), idle_.end(), [&](const Idle& idle) { return idle.plan != plan; });
    std::move(first_dropped, idle_.end(), std::back_inserter(ended));
    idle_.erase(first_dropped, idle_.end());
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(fork_safe_mutex());
    return idle_.size();
  }

 private:
  static constexpr bool kKept = false;
  struct Idle {
    const void* plan;
    int threads;
    std::shared_ptr<T> session;
  };
  std::vector<Idle> idle_;
};

}  // namespace kite
