// SPDX-License-Identifier: Apache-2.0
// Waiting for what other threads make true: spinning for a while, then sleeping in the kernel.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace kite {

// A few dozen cycles in which a hyper-thread has the core for itself.
inline void spin_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Event {
 public:
  // For waits of a running computation: what takes less is often over before a thread that went to sleep runs again,
  // above all in a virtual machine, which gives a processor without work away. With 50 us, regnet_x_400mf took 1.05 of
  // the time on two threads.
  static constexpr std::chrono::microseconds kSpin{200};

  // How long sleep() lasts at most.
  enum class Sleep : std::uint8_t {
    kUntilNotified,
    // The first ones are short naps. Where the thread that is waited for has lost its processor, it may go on with the
    // one that becomes free here. But Linux looks for such a thread when a processor becomes idle, and else only after
    // milliseconds; and it moves none that ran less than 0.5 ms ago, as its caches are warm. So the processor becomes
    // idle again and again: beside bursts of another program, regnet_x_400mf took 0.90 to 0.92 of the time for it.
    kInNaps,
  };

  // Returns once ready() is true. It is asked all the time while the thread spins, and then again after each notify().
  // before_nap() is called before each nap.
  template <typename Ready>
  void wait_until(const Ready& ready, std::chrono::microseconds spin, Sleep how) noexcept {
    wait_until(ready, spin, how, [] {});
  }
  template <typename Ready, typename BeforeNap>
  void wait_until(const Ready& ready, std::chrono::microseconds spin, Sleep how, const BeforeNap& before_nap) noexcept {
    if (spin_until(ready, spin)) return;
    // Sequentially consistent with notify(), which reads sleepers_ after what ready() sees was written.
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    for (int naps = how == Sleep::kInNaps ? kNaps : 0;; naps = naps > 0 ? naps - 1 : 0) {
      const std::uint32_t seen = notified_.load(std::memory_order_seq_cst);
      if (ready()) break;
      if (naps > 0) before_nap();
      sleep(seen, naps > 0);
    }
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
  }

  // In a forked child, where nobody sleeps.
  void forget_sleepers() noexcept { sleepers_.store(0, std::memory_order_relaxed); }

  // After a sequentially consistent write of what ready() reads, sequentially consistently, too. A system call only
  // where a thread sleeps.
  void notify() noexcept {
    if (sleepers_.load(std::memory_order_seq_cst) > 0) wake_all();
  }

 private:
  // Reads the clock rarely: most waits are over by then.
  template <typename Ready>
  static bool spin_until(const Ready& ready, std::chrono::microseconds spin) noexcept {
    constexpr int kPausesOfALook = 64;
    if (spin.count() == 0) return false;
    std::chrono::steady_clock::time_point end{};
    for (;;) {
      for (int i = 0; i < kPausesOfALook; ++i) {
        if (ready()) return true;
        spin_pause();
      }
      const auto now = std::chrono::steady_clock::now();
      if (end == std::chrono::steady_clock::time_point{}) end = now + spin;
      if (now >= end) return false;
    }
  }

  static constexpr int kNaps = 40;  // 8 ms: by then the system has looked by itself
  void sleep(std::uint32_t seen, bool is_nap) noexcept;
  void wake_all() noexcept;

  alignas(64) std::atomic<std::uint32_t> notified_{0};  // raised for sleepers; what the kernel compares
  std::atomic<std::int32_t> sleepers_{0};
};

}  // namespace kite
