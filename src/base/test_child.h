// SPDX-License-Identifier: Apache-2.0
// For tests of what a forked child may still do.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
// Otherwise it ends a child that starts threads after its parent had some.
extern "C" __attribute__((used)) inline const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace kite {

// Whether a child may do everything whose parent had other threads while it forked. The sanitizers are not made for it:
// the allocator of AddressSanitizer stays locked where another thread was in it, and ThreadSanitizer takes new threads
// for those of the parent.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kMayForkAmongThreads = false;
#else
inline constexpr bool kMayForkAmongThreads = true;
#endif

// Forks; the child's exit code is 0 where `works` is true there. A child that waits for threads that do not exist would
// wait for ever: after 30 seconds a signal ends it, and the result is 128 and more.
template <typename Works>
[[nodiscard]] int exit_code_of_child(const Works& works) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    ::_exit(works() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace kite
