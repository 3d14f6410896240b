// SPDX-License-Identifier: Apache-2.0
// Team start-up and wake-up.
#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <new>

#include "base/cpu.h"

namespace kite {

struct ThreadPool::Worker {
  ThreadPool* pool = nullptr;
  int member = 0;
  pthread_t thread{};
  cpu_set_t creator_mask{};
  alignas(64) std::atomic<std::uint32_t> ended{0};  // the last start whose body it has left
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
  has_cpu_for_each_ = static_cast<std::size_t>(size_) <= cpus.size();
}

// What the parent's workers were doing says nothing here.
void ThreadPool::start_anew() {
  fork_generation_ = fork_generation();
  workers_.clear();
  starts_.store(0, std::memory_order_relaxed);
  started_.forget_sleepers();
  returned_.forget_sleepers();
  start_workers(size_);
}

ThreadPool::~ThreadPool() {
  if (fork_generation_ != fork_generation()) return;  // there is nobody to wait for
  stopping_.store(true, std::memory_order_relaxed);
  starts_.fetch_add(1, std::memory_order_seq_cst);
  started_.notify();
  for (const auto& worker : workers_) pthread_join(worker->thread, nullptr);
}

void* ThreadPool::worker_main(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  ThreadPool& pool = *self.pool;
  if (CPU_COUNT(&self.creator_mask) > 0) ::sched_setaffinity(0, sizeof self.creator_mask, &self.creator_mask);
  std::uint32_t seen = 0;
  for (;;) {
    pool.started_.wait_until([&] { return pool.starts_.load(std::memory_order_seq_cst) != seen; }, {},
                             Event::Sleep::kUntilNotified);
    seen = pool.starts_.load(std::memory_order_acquire);
    if (pool.stopping_.load(std::memory_order_relaxed)) return nullptr;
    pool.body_(pool.context_, self.member);
    self.ended.store(seen, std::memory_order_seq_cst);
    pool.returned_.notify();
  }
}

void ThreadPool::run(Body body, void* context) {
  start(body, context);
  body(context, 0);
  wait();
}

void ThreadPool::start(Body body, void* context) {
  renew();
  if (size_ == 1) return;
  if (body != body_ || context != context_) {
    wait();
    body_ = body;
    context_ = context;
  }
  starts_.fetch_add(1, std::memory_order_seq_cst);
  started_.notify();
}

void ThreadPool::wait() noexcept {
  if (fork_generation_ != fork_generation()) return;
  const std::uint32_t last = starts_.load(std::memory_order_relaxed);
  for (const auto& worker : workers_) {
    returned_.wait_until([&] { return worker->ended.load(std::memory_order_seq_cst) == last; }, Event::kSpin,
                         Event::Sleep::kUntilNotified);
  }
}

void ThreadPool::bring_here(int member) noexcept {
  const pthread_t thread = workers_[static_cast<std::size_t>(member) - 1]->thread;
  const int cpu = ::sched_getcpu();
  cpu_set_t saved, here;
  if (cpu < 0 || cpu >= CPU_SETSIZE || pthread_getaffinity_np(thread, sizeof saved, &saved) != 0) return;
  CPU_ZERO(&here);
  CPU_SET(cpu, &here);
  if (pthread_setaffinity_np(thread, sizeof here, &here) == 0) pthread_setaffinity_np(thread, sizeof saved, &saved);
}

void ThreadPool::Rescue::look_after(int member) noexcept {
  constexpr std::int64_t kRunsNs = 20'000;  // in a nap of ten times as long
  if (member == 0 || brought_ || !pool_.has_cpu_for_each_) return;
  clockid_t clock{};
  timespec used{};
  if (pthread_getcpuclockid(pool_.workers_[static_cast<std::size_t>(member) - 1]->thread, &clock) != 0 ||
      ::clock_gettime(clock, &used) != 0)
    return;
  const std::int64_t used_ns = used.tv_sec * 1'000'000'000LL + used.tv_nsec;
  if (member == member_ && used_ns - used_ns_ < kRunsNs) {
    pool_.bring_here(member);
    brought_ = true;
  }
  member_ = member;
  used_ns_ = used_ns;
}

}  // namespace kite
