// SPDX-License-Identifier: Apache-2.0
// A fixed team of threads that runs one function together.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/event.h"
#include "base/fork.h"

namespace kite {

// The team: the calling thread is member 0, size() - 1 workers are the others, which sleep in the kernel while they
// have nothing to do. Not for use by two callers at once. A forked child may go on with a team of its parent that had
// nothing to do: it starts workers of its own.
class ThreadPool {
 public:
  // What a member runs.
  using Body = void (*)(void* context, int member);

  // Starts `threads` - 1 workers, or fewer where the system refuses so many. Each worker is started on another allowed
  // CPU than its creator's and then gets the creator's mask back. Without that, a new thread can wait milliseconds for
  // its creator's CPU; if the mask stayed, several processes could crowd onto the same CPUs.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int size() const noexcept { return size_; }

  // In a forked child, whose parent's workers do not exist: starts workers anew. There may be fewer than before, where
  // the system refuses so many; never more. run() and start() do so themselves.
  void renew() {
    if (fork_generation_ != fork_generation()) start_anew();
  }

  // Runs body(context, member) on every member and returns when all have returned.
  void run(Body body, void* context);

  // Lets the workers run body(context, member) while the caller goes on. What they were started for before must have
  // ended, or be the same: then a worker that lost its processor is not waited for, and may still be in its call of
  // before when it belongs to this one.
  void start(Body body, void* context);

  // Waits until no worker is in a body.
  void wait() noexcept;

  // For a thread that waits for a member, called before each of its naps: lets a worker that has lost its processor to
  // another program go on with the one of the calling thread. Linux would do so by itself, but often only after
  // milliseconds. It leaves alone members that run, the caller's thread (whose CPU mask is the caller's business), and
  // teams that are larger than their number of CPUs.
  class Rescue {
   public:
    explicit Rescue(ThreadPool& pool) noexcept : pool_(pool) {}
    void look_after(int member) noexcept;

   private:
    ThreadPool& pool_;
    int member_ = 0;  // that was looked after last
    std::int64_t used_ns_ = 0;
    bool brought_ = false;
  };

  // The worker runs on the CPU of the calling thread next, and keeps its CPU mask. `member`: not 0.
  void bring_here(int member) noexcept;

 private:
  struct Worker;
  static void* worker_main(void* argument);
  void start_workers(int threads);
  void start_anew();

  int size_ = 1;
  bool has_cpu_for_each_ = false;
  std::uint32_t fork_generation_ = fork_generation();
  Body body_ = nullptr;
  void* context_ = nullptr;
  alignas(64) std::atomic<std::uint32_t> starts_{0};  // of bodies; raised once more to end
  std::atomic<bool> stopping_{false};
  Event started_;
  Event returned_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace kite
