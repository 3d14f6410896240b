// SPDX-License-Identifier: Apache-2.0
#include "base/event.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace kite {

void Event::sleep(std::uint32_t seen, bool is_nap) noexcept {
  constexpr timespec kNap = {.tv_sec = 0, .tv_nsec = 200'000};
  ::syscall(SYS_futex, &notified_, FUTEX_WAIT_PRIVATE, seen, is_nap ? &kNap : nullptr, nullptr, 0);
}

void Event::wake_all() noexcept {
  notified_.fetch_add(1, std::memory_order_seq_cst);
  ::syscall(SYS_futex, &notified_, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

}  // namespace kite
