// SPDX-License-Identifier: Apache-2.0
// A fixed team of threads that runs one function together, with a barrier that spins briefly and then sleeps.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/fork.h"

namespace kite {

// The team: the calling thread is member 0, size() - 1 workers are the others. Between run() calls every worker
// sleeps in the kernel; during one they meet at barrier(). Not for use by two callers at once. A forked child may go on
// with a team of its parent outside run(): it starts workers of its own.
class ThreadPool {
 public:
  // Starts `threads` - 1 workers, or fewer where the system refuses so many. Each worker is started on another allowed
  // CPU than its creator's and then gets the creator's mask back. Without that, a new thread can wait milliseconds for
  // its creator's CPU; if the mask stayed, several processes could crowd onto the same CPUs.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const noexcept { return size_; }

  // In a forked child, whose parent's workers do not exist: starts workers anew. There may be fewer than before, where
  // the system refuses so many; never more. run() and begin_work() do so themselves.
  void renew() {
    if (fork_generation_ != fork_generation()) start_anew();
  }

  // Runs body(context, member) on every member and returns when all have returned.
  using Body = void (*)(void* context, int member);
  void run(Body body, void* context);

  // Lets the workers run body(context, member) while the caller goes on with something else. end_work() waits for
  // them and must come before the next run().
  void begin_work(Body body, void* context);
  void end_work() noexcept {
    if (fork_generation_ == fork_generation()) barrier();
  }

  // Inside run(): waits until every member has arrived. All writes before it are seen by all after it.
  void barrier() noexcept;

 private:
  struct Worker;
  static void* worker_main(void* argument);
  void start_workers(int threads);
  void start_anew();
  void wait_for_change(std::atomic<std::uint32_t>& word, std::uint32_t seen, int spins) noexcept;

  int size_ = 1;
  std::uint32_t fork_generation_ = fork_generation();
  Body body_ = nullptr;
  void* context_ = nullptr;
  // Each on its own cache line: the members hammer them in turn.
  alignas(64) std::atomic<std::uint32_t> epoch_{0};       // raised to start a run, or to stop
  alignas(64) std::atomic<std::uint32_t> generation_{0};  // raised when a barrier opens
  alignas(64) std::atomic<std::int32_t> arrived_{0};
  alignas(64) std::atomic<std::int32_t> sleepers_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace kite
