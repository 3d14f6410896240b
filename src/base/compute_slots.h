// SPDX-License-Identifier: Apache-2.0
// One limit for all threads of a process that compute, and the gate that keeps it.
#pragma once

#include <cstdint>
#include <functional>

namespace kite {

// The right to compute on count() threads, given back when the object ends. Do not take slots while holding some.
class ComputeSlots {
 public:
  // Waits until a slot is free and all who came before have some, then takes what would be left for each of those that
  // wait if all took the same: alone up to `most` of the free ones, among many 1.
  [[nodiscard]] static ComputeSlots take(int most);
  // The same; about every 20 ms `gives_up` is asked on this thread. Once it is true there are no slots: count() is 0.
  // What it throws comes out of here.
  [[nodiscard]] static ComputeSlots take(int most, const std::function<bool()>& gives_up);

  ComputeSlots(ComputeSlots&& other) noexcept;
  ComputeSlots& operator=(ComputeSlots&&) = delete;
  ~ComputeSlots();

  [[nodiscard]] int count() const noexcept { return count_; }

 private:
  explicit ComputeSlots(int count) noexcept;
  int count_ = 0;
  std::uint32_t fork_generation_ = 0;
};

// The limit: what was stated, else default_thread_count() and not more than the first number of OMP_NUM_THREADS, which
// schedulers set for their workers. The default is found at the first use, and again in a forked child, where all slots
// are free: the threads that held some do not exist there.
[[nodiscard]] int compute_limit();
// 0: the default again. Slots that are taken stay taken.
void state_compute_limit(int limit);

struct ComputeSlotUse {
  int in_use = 0;
  int most_in_use = 0;  // at one time, since the process began or was forked, or the limit was stated
  int waiting = 0;
};
[[nodiscard]] ComputeSlotUse compute_slot_use();

}  // namespace kite
