// SPDX-License-Identifier: Apache-2.0
// The handlers that fork() calls.
#include "base/fork.h"

#include <pthread.h>

namespace kite {

namespace fork_state {
constinit std::atomic<std::uint32_t> generation{0};
}  // namespace fork_state

namespace {

constinit std::mutex g_mutex;

void before_fork() { g_mutex.lock(); }
void in_parent() { g_mutex.unlock(); }
void in_child() {
  fork_state::generation.fetch_add(1, std::memory_order_relaxed);
  g_mutex.unlock();
}

// Before main(): at the first use, a fork on another thread could leave the child with half of it. A failure means that
// there is no memory for one list entry; then a fork is not noticed, as in a program without this file.
[[maybe_unused]] const int g_registered = ::pthread_atfork(before_fork, in_parent, in_child);

}  // namespace

std::mutex& fork_safe_mutex() noexcept { return g_mutex; }

}  // namespace kite
