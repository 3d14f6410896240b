// SPDX-License-Identifier: Apache-2.0
#include "base/share_dealer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/thread_pool.h"

namespace kite {
namespace {

using Shares = std::vector<int>;

// What one member gets of the piece that is open, while no other one takes any, in its order.
Shares taken_by(ShareDealer& dealer, int member, int shares, bool* last = nullptr) {
  Shares taken;
  const bool is_last = dealer.take(dealer.piece(), member, shares, [&](int share) { taken.push_back(share); });
  if (last != nullptr) *last = is_last;
  return taken;
}

TEST(ShareDealer, a_member_takes_its_own_run_first_and_then_from_the_ends_of_the_others) {
  ShareDealer dealer(3);
  dealer.open(0, 9);
  bool last = false;
  EXPECT_EQ(taken_by(dealer, 1, 9, &last), (Shares{3, 4, 5, 8, 7, 6, 2, 1, 0}));
  EXPECT_TRUE(last);
  EXPECT_EQ(taken_by(dealer, 0, 9, &last), Shares{});
  EXPECT_FALSE(last);
}

// The second member comes while the first one computes its first share.
TEST(ShareDealer, what_a_member_has_not_begun_is_taken_by_one_that_has_done_its_own) {
  ShareDealer dealer(2);
  dealer.open(0, 8);
  Shares first, second;
  bool second_was_last = true;
  const bool first_was_last = dealer.take(dealer.piece(), 0, 8, [&](int share) {
    first.push_back(share);
    if (first.size() == 1) second = taken_by(dealer, 1, 8, &second_was_last);
  });
  EXPECT_EQ(first, Shares{0});
  EXPECT_EQ(second, (Shares{4, 5, 6, 7, 3, 2, 1}));
  EXPECT_TRUE(first_was_last) << "the share that it had begun was the last to end";
  EXPECT_FALSE(second_was_last);
}

TEST(ShareDealer, there_may_be_fewer_shares_than_members) {
  ShareDealer dealer(4);
  dealer.open(0, 2);
  EXPECT_EQ(taken_by(dealer, 0, 2), (Shares{0, 1})) << "of member 1 and 3";
  dealer.open(1, 2);
  EXPECT_EQ(taken_by(dealer, 3, 2), (Shares{1, 0}));
}

TEST(ShareDealer, who_comes_with_a_piece_that_is_over_gets_nothing) {
  ShareDealer dealer(2);
  dealer.open(7, 4);
  const ShareDealer::Piece before = dealer.piece();
  EXPECT_EQ(before.tag(), 7u);
  EXPECT_EQ(taken_by(dealer, 0, 4).size(), 4u);
  const auto none = [](int) { ADD_FAILURE(); };
  for (const int shares : {4, 100, 1}) {
    dealer.open(7, shares);
    EXPECT_FALSE(dealer.take(before, 1, 4, none));
    dealer.wait(before, 1, none);  // returns at once
    EXPECT_EQ(taken_by(dealer, 1, shares).size(), static_cast<std::size_t>(shares));
    EXPECT_FALSE(dealer.take(before, 1, 4, none));
  }
}

// Many more members than processors, so that they lose theirs at any place. They do not wait for each other either:
// some ask for pieces that were over long ago.
TEST(ShareDealer, sixty_four_members_take_every_share_of_every_piece_once) {
  constexpr int kMembers = 64;
  constexpr std::uint32_t kPieces = 400;
  struct Shared {
    ShareDealer dealer{kMembers};
    std::vector<std::vector<std::atomic<int>>> given;
    std::vector<int> results;  // plain: what was written in a piece is to be seen in the next one
    std::atomic<int> wrong{0};

    static int shares_of(std::uint32_t piece) { return static_cast<int>(piece * 37 % 300) + 1; }
    void open(std::uint32_t piece) {
      const int shares = piece < kPieces ? shares_of(piece) : 0;
      if (piece > 0 && std::ranges::any_of(results, [&](int of) { return of != static_cast<int>(piece) - 1; })) ++wrong;
      results.assign(static_cast<std::size_t>(shares), -1);
      dealer.open(piece, shares);
    }
  } shared;
  for (std::uint32_t piece = 0; piece < kPieces; ++piece) {
    shared.given.emplace_back(static_cast<std::size_t>(Shared::shares_of(piece)));
  }
  shared.results.reserve(300);
  shared.open(0);
  ThreadPool pool(kMembers);
  pool.run(
      [](void* context, int member) {
        auto& s = *static_cast<Shared*>(context);
        for (;;) {
          const ShareDealer::Piece piece = s.dealer.piece();
          const std::uint32_t tag = piece.tag();
          if (tag == kPieces) return;
          const bool last = s.dealer.take(piece, member, Shared::shares_of(tag), [&](int share) {
            ++s.given[tag][static_cast<std::size_t>(share)];
            s.results[static_cast<std::size_t>(share)] = static_cast<int>(tag);
            if (share % 16 == member % 16) std::this_thread::yield();
          });
          if (last) {
            s.open(tag + 1);
          } else {
            s.dealer.wait(piece, member, [](int) {});
          }
        }
      },
      &shared);
  EXPECT_EQ(shared.wrong.load(), 0);
  for (std::uint32_t piece = 0; piece < kPieces; ++piece) {
    for (const std::atomic<int>& times : shared.given[piece]) ASSERT_EQ(times.load(), 1) << "piece " << piece;
  }
}

// A piece that one member holds for longer than all naps together.
TEST(ShareDealer, who_waits_for_long_sleeps_and_wakes_and_hears_who_holds_it_up) {
  ShareDealer dealer(3);
  dealer.open(0, 3);
  std::atomic<std::uint32_t> seen{0};
  std::atomic<int> naps{0}, of_member_2{0};
  std::thread waiting;
  const bool last = dealer.take(dealer.piece(), 2, 3, [&](int share) {
    if (share != 2) return;
    waiting = std::thread([&] {
      dealer.wait(dealer.piece(), 0, [&](int member) { ++(member == 2 ? of_member_2 : naps); });
      seen = dealer.piece().tag();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(seen.load(), 0u);
  });
  EXPECT_TRUE(last);
  dealer.open(5, 0);
  waiting.join();
  EXPECT_EQ(seen.load(), 5u);
  EXPECT_GT(of_member_2.load(), 0);
  EXPECT_EQ(naps.load(), 0) << "the others take no shares";
}

}  // namespace
}  // namespace kite
