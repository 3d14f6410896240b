// SPDX-License-Identifier: Apache-2.0
// A counter and a queue under the mutex that a fork takes. Those that wait are served in the order in which they came.
#include "base/compute_slots.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/cpu.h"
#include "base/fork.h"

namespace kite {

namespace {

constexpr std::chrono::milliseconds kPatience{20};
constexpr int kMaxLimit = 1024;

// On the stack of the thread that waits.
struct SlotWaiter {
  explicit SlotWaiter(int wanted) : most(wanted) {}
  int most;
  int granted = 0;
  SlotWaiter* next = nullptr;
  std::condition_variable changed{};
};

int limit_of_environment() {
  const int own = default_thread_count();
  const char* const text = std::getenv("OMP_NUM_THREADS");
  if (text == nullptr) return own;
  std::string_view number(text);
  number.remove_prefix(std::min(number.find_first_not_of(" \t"), number.size()));
  int stated = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), stated);
  return parsed.ec == std::errc() && stated > 0 ? std::min(own, stated) : own;
}

// All members are guarded by fork_safe_mutex().
struct SlotState {
  std::uint32_t fork_generation = 0;
  int stated = 0;
  int limit = 0;  // 0: not found yet
  int in_use = 0;
  int most_in_use = 0;
  int waiting = 0;
  SlotWaiter* first = nullptr;
  SlotWaiter* last = nullptr;

  // In a child: nobody holds anything, nobody waits.
  void notice_fork() {
    if (fork_generation == kite::fork_generation()) return;
    const int kept = stated;
    *this = {};
    stated = kept;
    fork_generation = kite::fork_generation();
  }
  void find_limit() {
    if (limit == 0) limit = stated > 0 ? stated : limit_of_environment();
  }
  // For one of `sharing` that want some.
  int grant(int most, int sharing) {
    const int free = limit - in_use;
    const int granted = std::clamp(free / sharing, 1, std::max(most, 1));
    in_use += granted;
    most_in_use = std::max(most_in_use, in_use);
    return granted;
  }
  void serve() {
    while (first != nullptr && in_use < limit) {
      SlotWaiter& next = *first;
      next.granted = grant(next.most, waiting);
      first = next.next;
      if (first == nullptr) last = nullptr;
      --waiting;
      // While the mutex is held: afterwards the waiter may be gone from its stack.
      next.changed.notify_one();
    }
  }
  void enter(SlotWaiter& waiter) {
    (last == nullptr ? first : last->next) = &waiter;
    last = &waiter;
    ++waiting;
  }
  void leave(SlotWaiter& waiter) {
    SlotWaiter* before = nullptr;
    for (SlotWaiter* at = first; at != &waiter; at = at->next) before = at;
    (before == nullptr ? first : before->next) = waiter.next;
    if (last == &waiter) last = before;
    --waiting;
  }
};

constinit SlotState g_slots;

}  // namespace

ComputeSlots::ComputeSlots(int count) noexcept : count_(count), fork_generation_(kite::fork_generation()) {}

ComputeSlots::ComputeSlots(ComputeSlots&& other) noexcept
    : count_(std::exchange(other.count_, 0)), fork_generation_(other.fork_generation_) {}

ComputeSlots::~ComputeSlots() {
  if (count_ == 0) return;
  const std::lock_guard lock(fork_safe_mutex());
  if (fork_generation_ != kite::fork_generation()) return;  // taken by the parent, of whose slots nothing is left here
  g_slots.in_use -= count_;
  g_slots.serve();
}

ComputeSlots ComputeSlots::take(int most) { return take(most, {}); }

ComputeSlots ComputeSlots::take(int most, const std::function<bool()>& gives_up) {
  std::unique_lock lock(fork_safe_mutex());
  g_slots.notice_fork();
  g_slots.find_limit();
  if (g_slots.waiting == 0 && g_slots.in_use < g_slots.limit) return ComputeSlots(g_slots.grant(most, 1));
  SlotWaiter self(most);
  g_slots.enter(self);
  while (self.granted == 0) {
    if (!gives_up) {
      self.changed.wait(lock);
      continue;
    }
    if (self.changed.wait_for(lock, kPatience) != std::cv_status::timeout) continue;
    lock.unlock();
    bool ends = true;
    std::exception_ptr thrown;
    try {
      ends = gives_up();
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    if (!ends) continue;
    if (self.granted == 0) g_slots.leave(self);
    if (thrown == nullptr && self.granted > 0) continue;
    lock.unlock();
    const ComputeSlots unwanted(self.granted);  // goes back
    if (thrown != nullptr) std::rethrow_exception(thrown);
    return ComputeSlots(0);
  }
  return ComputeSlots(self.granted);
}

int compute_limit() {
  const std::lock_guard lock(fork_safe_mutex());
  g_slots.notice_fork();
  g_slots.find_limit();
  return g_slots.limit;
}

void state_compute_limit(int limit) {
  const std::lock_guard lock(fork_safe_mutex());
  g_slots.notice_fork();
  g_slots.stated = std::clamp(limit, 0, kMaxLimit);
  g_slots.limit = 0;
  g_slots.find_limit();
  g_slots.most_in_use = g_slots.in_use;
  g_slots.serve();
}

ComputeSlotUse compute_slot_use() {
  const std::lock_guard lock(fork_safe_mutex());
  g_slots.notice_fork();
  return {g_slots.in_use, g_slots.most_in_use, g_slots.waiting};
}

}  // namespace kite
