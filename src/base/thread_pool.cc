// SPDX-License-Identifier: Apache-2.0
// Team start-up, wake-up and the spin-then-sleep barrier.
#include "base/thread_pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <new>

#include "base/cpu.h"

namespace kite {

namespace {

// About 50 us of pauses: longer than any step's imbalance when each member has a core, short enough not to burn a
// scheduler slice when they must share one.
constexpr int kBarrierSpins = 4000;

void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

void futex_wake_all(std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

}  // namespace

struct ThreadPool::Worker {
  ThreadPool* pool = nullptr;
  int member = 0;
  pthread_t thread{};
  cpu_set_t creator_mask{};
};

ThreadPool::ThreadPool(int threads) { start_workers(threads); }

void ThreadPool::start_workers(int threads) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  const bool has_mask = ::sched_getaffinity(0, sizeof mask, &mask) == 0;
  const std::vector<int> cpus = threads > 1 ? allowed_cpus() : std::vector<int>{};
  const int here = ::sched_getcpu();
  std::size_t next = 0;
  // Reserved first, so that nothing can throw after a worker has started.
  if (threads > 1) workers_.reserve(static_cast<std::size_t>(threads) - 1);
  for (int member = 1; member < threads; ++member) {
    std::unique_ptr<Worker> worker(new (std::nothrow) Worker);
    if (worker == nullptr) break;  // fewer threads, as where the system refuses one
    worker->pool = this;
    worker->member = member;
    worker->creator_mask = mask;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    if (has_mask && cpus.size() > 1) {
      if (cpus[next % cpus.size()] == here) ++next;
      cpu_set_t start;
      CPU_ZERO(&start);
      CPU_SET(cpus[next++ % cpus.size()], &start);
      pthread_attr_setaffinity_np(&attributes, sizeof start, &start);
    }
    const auto start_with = [&](const pthread_attr_t* with) {
      return pthread_create(&worker->thread, with, &ThreadPool::worker_main, worker.get()) == 0;
    };
    // A CPU may have left the allowed set by now, and a sandbox may refuse the call: then the system chooses the CPU.
    const bool started = start_with(&attributes) || start_with(nullptr);
    pthread_attr_destroy(&attributes);
    if (!started) break;
    workers_.push_back(std::move(worker));
  }
  size_ = static_cast<int>(workers_.size()) + 1;
}

// What the parent's workers were doing, and whether they slept, says nothing here.
void ThreadPool::start_anew() {
  fork_generation_ = fork_generation();
  workers_.clear();
  epoch_.store(0, std::memory_order_relaxed);
  generation_.store(0, std::memory_order_relaxed);
  arrived_.store(0, std::memory_order_relaxed);
  sleepers_.store(0, std::memory_order_relaxed);
  start_workers(size_);
}

ThreadPool::~ThreadPool() {
  if (fork_generation_ != fork_generation()) return;  // there is nobody to wait for
  stopping_.store(true, std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_release);
  futex_wake_all(epoch_);
  for (const auto& worker : workers_) pthread_join(worker->thread, nullptr);
}

void* ThreadPool::worker_main(void* argument) {
  const Worker& self = *static_cast<Worker*>(argument);
  ThreadPool& pool = *self.pool;
  if (CPU_COUNT(&self.creator_mask) > 0) ::sched_setaffinity(0, sizeof self.creator_mask, &self.creator_mask);
  std::uint32_t seen = 0;
  for (;;) {
    pool.wait_for_change(pool.epoch_, seen, 0);
    seen = pool.epoch_.load(std::memory_order_acquire);
    if (pool.stopping_.load(std::memory_order_relaxed)) return nullptr;
    pool.body_(pool.context_, self.member);
    pool.barrier();
  }
}

// Returns once `word` differs from `seen`.
void ThreadPool::wait_for_change(std::atomic<std::uint32_t>& word, std::uint32_t seen, int spins) noexcept {
  for (int i = 0; i < spins; ++i) {
    if (word.load(std::memory_order_acquire) != seen) return;
    pause();
  }
  // Sequentially consistent with the waker's store-then-read of sleepers_, so that no wake-up is lost.
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  while (word.load(std::memory_order_seq_cst) == seen) futex_wait(word, seen);
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void ThreadPool::run(Body body, void* context) {
  renew();
  if (size_ == 1) {
    body(context, 0);
    return;
  }
  begin_work(body, context);
  body(context, 0);
  barrier();
}

void ThreadPool::begin_work(Body body, void* context) {
  renew();
  body_ = body;
  context_ = context;
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) > 0) futex_wake_all(epoch_);
}

void ThreadPool::barrier() noexcept {
  if (size_ == 1) return;
  const std::uint32_t generation = generation_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
    arrived_.store(0, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) futex_wake_all(generation_);
    return;
  }
  wait_for_change(generation_, generation, kBarrierSpins);
}

}  // namespace kite
