// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/test_child.h"

namespace kite {
namespace {

TEST(ThreadPool, runs_the_body_once_on_every_member) {
  ThreadPool pool(3);
  ASSERT_EQ(pool.size(), 3);
  std::array<std::atomic<int>, 3> calls{};
  for (int round = 0; round < 100; ++round) {
    pool.run([](void* context, int member) { (*static_cast<std::array<std::atomic<int>, 3>*>(context))[member]++; },
             &calls);
  }
  for (const auto& count : calls) EXPECT_EQ(count.load(), 100);
}

TEST(ThreadPool, workers_do_something_while_the_caller_does_not_wait) {
  ThreadPool pool(3);
  std::array<std::atomic<int>, 3> calls{};
  const auto count = [](void* context, int member) {
    (*static_cast<std::array<std::atomic<int>, 3>*>(context))[static_cast<std::size_t>(member)]++;
  };
  for (int round = 0; round < 100; ++round) {
    pool.start(count, &calls);
    pool.wait();
    pool.run(count, &calls);
  }
  EXPECT_EQ(calls[0].load(), 100);
  EXPECT_EQ(calls[1].load(), 200);
  EXPECT_EQ(calls[2].load(), 200);
}

TEST(ThreadPool, one_thread_starts_no_other) {
  ThreadPool pool(1);
  std::thread::id ran;
  pool.run([](void* context, int) { *static_cast<std::thread::id*>(context) = std::this_thread::get_id(); }, &ran);
  EXPECT_EQ(ran, std::this_thread::get_id());
}

// More members than processors, so that waiting has to sleep as well as spin.
TEST(ThreadPool, what_members_wrote_is_seen_after_a_run_and_what_was_written_before_it_by_them) {
  constexpr int kMembers = 5;
  struct Shared {
    int round = 0;
    std::array<int, kMembers> slots{};
  } shared;
  ThreadPool pool(kMembers);
  for (shared.round = 1; shared.round <= 2000; ++shared.round) {
    pool.run(
        [](void* context, int member) {
          auto& s = *static_cast<Shared*>(context);
          s.slots[static_cast<std::size_t>(member)] = s.round;
        },
        &shared);
    for (const int slot : shared.slots) ASSERT_EQ(slot, shared.round);
  }
}

TEST(ThreadPool, a_worker_that_is_late_is_not_waited_for_by_the_next_start_of_the_same_body) {
  struct Shared {
    std::atomic<bool> may_return{false};
    std::atomic<int> calls{0};
  } shared;
  ThreadPool pool(2);
  ASSERT_EQ(pool.size(), 2);
  const auto body = [](void* context, int) {
    auto& s = *static_cast<Shared*>(context);
    ++s.calls;
    while (!s.may_return) std::this_thread::yield();
  };
  pool.start(body, &shared);
  while (shared.calls != 1) std::this_thread::yield();
  pool.start(body, &shared);  // returns although the worker is in the first call
  EXPECT_EQ(shared.calls.load(), 1);
  shared.may_return = true;
  pool.wait();
  EXPECT_EQ(shared.calls.load(), 2);
}

// While the caller is busy no system would choose its processor for a worker that has another one.
TEST(ThreadPool, a_worker_is_brought_to_the_callers_processor_and_keeps_its_mask) {
  cpu_set_t before, pinned, mask;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "skipped: there is one processor";
  struct Shared {
    int cpu = 0;
    std::atomic<int> elsewhere{0}, here{0};
    std::atomic<bool> end{false};
    pthread_t thread{};
  } shared;
  ThreadPool pool(2);
  ASSERT_EQ(pool.size(), 2);
  shared.cpu = sched_getcpu();
  CPU_ZERO(&pinned);
  CPU_SET(static_cast<std::size_t>(shared.cpu), &pinned);
  ASSERT_EQ(sched_setaffinity(0, sizeof pinned, &pinned), 0);
  pool.start(
      [](void* context, int) {
        auto& s = *static_cast<Shared*>(context);
        s.thread = pthread_self();
        while (!s.end) ++(sched_getcpu() == s.cpu ? s.here : s.elsewhere);
      },
      &shared);
  const auto within_ten_seconds = [](const auto& true_at_last) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!true_at_last() && std::chrono::steady_clock::now() < end) {
    }
    return true_at_last();
  };
  EXPECT_TRUE(within_ten_seconds([&] { return shared.elsewhere > 0; }));
  const int here_before = shared.here;
  pool.bring_here(1);
  EXPECT_TRUE(within_ten_seconds([&] { return shared.here > here_before; }));
  ASSERT_EQ(pthread_getaffinity_np(shared.thread, sizeof mask, &mask), 0);
  EXPECT_TRUE(CPU_EQUAL(&mask, &before));
  shared.end = true;
  pool.wait();
  sched_setaffinity(0, sizeof before, &before);
}

// After a run the workers sleep in the kernel: they use no processor time until the next run.
TEST(ThreadPool, idle_workers_use_no_processor_time) {
  ThreadPool pool(4);
  pool.run([](void*, int) {}, nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto cpu_ns = [] {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  };
  const auto before = cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(cpu_ns() - before, 5'000'000);
}

int count_members(ThreadPool& pool) {
  std::atomic<int> members{0};
  pool.run([](void* context, int) { ++*static_cast<std::atomic<int>*>(context); }, &members);
  return members;
}

TEST(ThreadPool, a_forked_child_goes_on_with_workers_of_its_own) {
  ThreadPool pool(3);
  EXPECT_EQ(count_members(pool), 3);
  EXPECT_EQ(exit_code_of_child([&] { return count_members(pool) == 3 && count_members(pool) == 3; }), 0);
  EXPECT_EQ(exit_code_of_child([&] {
              const int in_child = exit_code_of_child([&] { return count_members(pool) == 3; });
              return in_child == 0 && count_members(pool) == 3;
            }),
            0)
      << "and a child of the child";
  EXPECT_EQ(count_members(pool), 3);
}

TEST(ThreadPool, a_child_waits_for_no_work_of_its_parents_workers_and_ends_without_them) {
  auto pool = std::make_unique<ThreadPool>(3);
  std::atomic<bool> end{false};
  const auto until_end = [](void* context, int) {
    while (!*static_cast<std::atomic<bool>*>(context)) std::this_thread::yield();
  };
  pool->start(until_end, &end);
  EXPECT_EQ(exit_code_of_child([&] {
              pool->wait();
              return count_members(*pool) == 3;
            }),
            0);
  EXPECT_EQ(exit_code_of_child([&] {
              pool.reset();
              return true;
            }),
            0);
  end = true;
  pool->wait();
  EXPECT_EQ(count_members(*pool), 3);
}

TEST(ThreadPool, makes_do_with_fewer_threads_when_the_system_refuses_more) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "skipped: a sanitizer needs the address space that this test takes away";
#endif
  rlimit saved{};
  getrlimit(RLIMIT_AS, &saved);
  // The heap keeps much of what is freed, and the pool's own objects need some of it.
  {
    std::vector<std::unique_ptr<char[]>> spare;
    for (int i = 0; i < 1000; ++i) spare.push_back(std::make_unique<char[]>(100));
  }
  // There is no address space left, so that the stacks of threads cannot be mapped.
  rlimit none = saved;
  none.rlim_cur = 1;
  if (setrlimit(RLIMIT_AS, &none) != 0) GTEST_SKIP() << "skipped: cannot lower RLIMIT_AS";
  void* const more = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (more != MAP_FAILED) {
    ::munmap(more, 4096);
    setrlimit(RLIMIT_AS, &saved);
    GTEST_SKIP() << "skipped: an emulated processor keeps no limit of the address space";
  }
  ThreadPool* pool = nullptr;
  alignas(ThreadPool) static std::byte storage[sizeof(ThreadPool)];
  pool = new (storage) ThreadPool(1000);  // more than glibc keeps stacks of threads that ended
  setrlimit(RLIMIT_AS, &saved);
  int sum = 0;
  if (pool->size() == 1) pool->run([](void* context, int) { ++*static_cast<int*>(context); }, &sum);
  EXPECT_LT(pool->size(), 1000);
  pool->~ThreadPool();
}

}  // namespace
}  // namespace kite
