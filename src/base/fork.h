// SPDX-License-Identifier: Apache-2.0
// What a forked child must know: of all threads of its parent only the one that forked goes on, and what the others had
// locked is never unlocked.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace kite {

namespace fork_state {
extern std::atomic<std::uint32_t> generation;
}  // namespace fork_state

// How many forks lie between this process and the one that was started. What remembers another number has been
// inherited, and its threads do not exist.
[[nodiscard]] inline std::uint32_t fork_generation() noexcept {
  return fork_state::generation.load(std::memory_order_relaxed);
}

// Forking takes it first and gives it back in both processes. A child therefore finds it free, and what it guards
// whole. One for the whole process, so that no two of its kind can be taken in another order: hold it for a few
// instructions, and never while anything else is waited for.
[[nodiscard]] std::mutex& fork_safe_mutex() noexcept;

}  // namespace kite
