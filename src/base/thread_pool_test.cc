// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <gtest/gtest.h>
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
    pool.begin_work(count, &calls);
    pool.end_work();
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

// Each member writes its slot, meets the others, and must then read what they wrote; more members than processors, so
// that the barrier has to sleep as well as spin.
TEST(ThreadPool, barrier_publishes_what_was_written_before_it) {
  constexpr int kMembers = 5;
  constexpr int kRounds = 2000;
  struct Shared {
    ThreadPool* pool;
    std::array<int, kMembers> slots{};
    std::atomic<int> wrong{0};
  } shared;
  ThreadPool pool(kMembers);
  shared.pool = &pool;
  pool.run(
      [](void* context, int member) {
        auto& s = *static_cast<Shared*>(context);
        for (int round = 1; round <= kRounds; ++round) {
          s.slots[static_cast<std::size_t>(member)] = round;
          s.pool->barrier();
          for (const int slot : s.slots) s.wrong += slot != round;
          s.pool->barrier();
        }
      },
      &shared);
  EXPECT_EQ(shared.wrong.load(), 0);
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
  pool->begin_work(until_end, &end);
  EXPECT_EQ(exit_code_of_child([&] {
              pool->end_work();
              return count_members(*pool) == 3;
            }),
            0);
  EXPECT_EQ(exit_code_of_child([&] {
              pool.reset();
              return true;
            }),
            0);
  end = true;
  pool->end_work();
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
  pool = new (storage) ThreadPool(64);
  setrlimit(RLIMIT_AS, &saved);
  int sum = 0;
  if (pool->size() == 1) pool->run([](void* context, int) { ++*static_cast<int*>(context); }, &sum);
  EXPECT_LT(pool->size(), 64);
  pool->~ThreadPool();
}

}  // namespace
}  // namespace kite
