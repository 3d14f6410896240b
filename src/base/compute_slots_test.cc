// SPDX-License-Identifier: Apache-2.0
// The limit is never passed, nobody waits for ever, and a forked child begins with all slots free.
#include "base/compute_slots.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/test_child.h"

namespace kite {
namespace {

class ComputeSlotsTest : public testing::Test {
 protected:
  ~ComputeSlotsTest() override { state_compute_limit(0); }

  static void wait_for_waiting(int waiting) {
    while (compute_slot_use().waiting < waiting) std::this_thread::yield();
  }
};

TEST_F(ComputeSlotsTest, one_that_is_alone_takes_what_it_wants_of_the_free_ones) {
  state_compute_limit(8);
  const ComputeSlots three = ComputeSlots::take(3);
  EXPECT_EQ(three.count(), 3);
  const ComputeSlots rest = ComputeSlots::take(100);
  EXPECT_EQ(rest.count(), 5);
  EXPECT_EQ(compute_slot_use().in_use, 8);
}

TEST_F(ComputeSlotsTest, those_that_wait_share_what_becomes_free_in_the_order_in_which_they_came) {
  state_compute_limit(4);
  std::optional<ComputeSlots> all(ComputeSlots::take(4));
  std::vector<int> counts(3);
  std::vector<std::thread> threads;
  std::atomic<int> served{0};
  std::atomic<bool> end{false};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    threads.emplace_back([&, i] {
      const ComputeSlots some = ComputeSlots::take(4);
      counts[i] = some.count();
      ++served;
      while (!end) std::this_thread::yield();
    });
    wait_for_waiting(static_cast<int>(i) + 1);
  }
  all.reset();
  while (served < 3) std::this_thread::yield();
  // 4 free / 3, then 3 / 2, and the last one takes what is left.
  EXPECT_EQ(counts, (std::vector<int>{1, 1, 2}));
  end = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(compute_slot_use().in_use, 0);
}

TEST_F(ComputeSlotsTest, many_threads_never_hold_more_than_the_limit_and_all_come_to_an_end) {
  state_compute_limit(3);
  std::atomic<int> held{0};
  std::atomic<int> over{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 200; ++round) {
        const ComputeSlots some = ComputeSlots::take(i % 4 + 1);
        if (held.fetch_add(some.count()) + some.count() > 3) ++over;
        if (some.count() < 1) ++over;
        held.fetch_sub(some.count());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(over, 0);
  EXPECT_EQ(compute_slot_use().most_in_use, 3);
  EXPECT_EQ(compute_slot_use().in_use, 0);
  EXPECT_EQ(compute_slot_use().waiting, 0);
}

TEST_F(ComputeSlotsTest, one_that_gives_up_leaves_the_queue_to_the_others) {
  state_compute_limit(1);
  std::optional<ComputeSlots> only(ComputeSlots::take(1));
  std::atomic<bool> ends{false};
  std::atomic<int> asked{0};
  std::thread impatient([&] {
    const ComputeSlots none = ComputeSlots::take(1, [&] {
      ++asked;
      return ends.load();
    });
    EXPECT_EQ(none.count(), 0);
  });
  wait_for_waiting(1);
  std::thread patient([&] { EXPECT_EQ(ComputeSlots::take(1).count(), 1); });
  wait_for_waiting(2);
  while (asked < 2) std::this_thread::yield();
  ends = true;
  impatient.join();
  EXPECT_EQ(compute_slot_use().waiting, 1);
  only.reset();
  patient.join();
}

TEST_F(ComputeSlotsTest, one_that_throws_leaves_nothing_behind) {
  state_compute_limit(1);
  std::optional<ComputeSlots> only(ComputeSlots::take(1));
  EXPECT_THROW(static_cast<void>(ComputeSlots::take(1, []() -> bool { throw 7; })), int);
  EXPECT_EQ(compute_slot_use().waiting, 0);
  // A slot that came while it was about to throw goes back.
  EXPECT_THROW(static_cast<void>(ComputeSlots::take(1,
                                                    [&]() -> bool {
                                                      only.reset();
                                                      throw 7;
                                                    })),
               int);
  EXPECT_EQ(compute_slot_use().in_use, 0);
}

TEST_F(ComputeSlotsTest, a_larger_limit_is_there_at_once_and_a_smaller_one_once_slots_come_back) {
  state_compute_limit(1);
  std::optional<ComputeSlots> first(ComputeSlots::take(1));
  std::thread waiting([] { EXPECT_EQ(ComputeSlots::take(9).count(), 2); });
  wait_for_waiting(1);
  state_compute_limit(3);
  waiting.join();
  std::optional<ComputeSlots> second(ComputeSlots::take(9));
  EXPECT_EQ(second->count(), 2);
  state_compute_limit(2);
  std::thread later([] { EXPECT_EQ(ComputeSlots::take(9).count(), 2); });
  wait_for_waiting(1);
  first.reset();  // 2 of 2 are still in use
  EXPECT_EQ(compute_slot_use().waiting, 1);
  second.reset();
  later.join();
}

TEST_F(ComputeSlotsTest, the_environment_can_only_lower_the_default) {
  const auto limit_with = [](const char* text) {
    ::setenv("OMP_NUM_THREADS", text, 1);
    state_compute_limit(0);
    return compute_limit();
  };
  const char* const found = std::getenv("OMP_NUM_THREADS");
  const std::string before = found == nullptr ? "" : found;
  ::unsetenv("OMP_NUM_THREADS");
  state_compute_limit(0);
  const int own = compute_limit();
  EXPECT_EQ(limit_with("1"), 1);
  EXPECT_EQ(limit_with(" 1,8"), 1);
  for (const char* text : {"", "many", "0", "-3", "100000", "99999999999999999999"}) EXPECT_EQ(limit_with(text), own);
  ::setenv("OMP_NUM_THREADS", "1", 1);
  state_compute_limit(5);
  EXPECT_EQ(compute_limit(), 5) << "a stated limit goes before it";
  if (found == nullptr) {
    ::unsetenv("OMP_NUM_THREADS");
  } else {
    ::setenv("OMP_NUM_THREADS", before.c_str(), 1);
  }
}

TEST_F(ComputeSlotsTest, a_forked_child_has_all_slots_and_no_queue) {
  state_compute_limit(2);
  std::optional<ComputeSlots> held(ComputeSlots::take(2));
  std::thread waiting([] { EXPECT_GE(ComputeSlots::take(2).count(), 1); });
  wait_for_waiting(1);
  const int code = exit_code_of_child([&] {
    if (compute_slot_use().in_use != 0 || compute_slot_use().waiting != 0 || compute_limit() != 2) return false;
    const ComputeSlots own = ComputeSlots::take(2);
    if (own.count() != 2) return false;
    held.reset();  // gives nothing back here
    return compute_slot_use().in_use == 2;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(compute_slot_use().in_use, 2);
  held.reset();
  waiting.join();
}

// At any moment of what the others do.
TEST_F(ComputeSlotsTest, a_child_that_is_forked_while_others_take_slots_finds_them_free) {
  state_compute_limit(2);
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!end) static_cast<void>(ComputeSlots::take(2));
    });
  }
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(exit_code_of_child([] { return ComputeSlots::take(2).count() == 2; }), 0);
  }
  end = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace kite
