// SPDX-License-Identifier: Apache-2.0
// One piece of work after another, each in shares that the members of a team take: a piece is over when its shares are,
// and nobody waits for a member that has none.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/event.h"

namespace kite {

// Every member has a run of neighbouring shares, which it takes from the front, so that its caches keep what they have
// in common. A member that has done its own takes those that others have not begun, from the end of their runs. So one
// that lost its processor to another program holds up the team by the share that it has begun, and where all of a
// team's members have a processor each takes what it would get without a dealer.
//
// A piece of work is known by its tag, below kTags, and by a number that no other one has. A member that comes late,
// with a piece that is over, gets nothing of it.
class ShareDealer {
 public:
  struct Piece {
    std::uint64_t bits;
    [[nodiscard]] std::uint32_t tag() const noexcept { return static_cast<std::uint32_t>(bits & (kTags - 1)); }
  };
  static constexpr std::uint32_t kTags = 1u << 24;
  static constexpr int kMaxSharesOfMember = (1 << 12) - 1;

  explicit ShareDealer(int members) : members_(members), runs_(new Run[static_cast<std::size_t>(members)]) {}

  // For one caller at a time, when the piece before is over: what was written before is seen by all that take shares.
  // At most kMaxSharesOfMember for each member.
  void open(std::uint32_t tag, int shares) noexcept {
    left_.store(shares, std::memory_order_relaxed);
    const std::uint64_t number = (piece_.load(std::memory_order_relaxed) >> kTagBits) + 1;
    piece_.store(number << kTagBits | tag, std::memory_order_seq_cst);
    opened_.notify();
  }

  // The piece that is open; it may be over in the next moment.
  [[nodiscard]] Piece piece() const noexcept { return {piece_.load(std::memory_order_acquire)}; }

  // Runs run(share) for the shares that this member gets, of the `shares` that the piece has. True to the one member
  // that ended the last of them: it has to open() the next piece.
  template <typename Body>
  [[nodiscard]] bool take(Piece piece, int member, int shares, const Body& run) noexcept {
    std::atomic<std::uint64_t>& taker = runs_[static_cast<std::size_t>(member)].taker;
    taker.store(piece.bits, std::memory_order_relaxed);
    int done = 0;
    for (int share; (share = next(piece, member, shares, true)) >= 0; ++done) run(share);
    taker.store(kNoPiece, std::memory_order_relaxed);
    if (done > 0 && end(done)) return true;
    // The others are about to end, too, where nothing has interrupted them: looking for their shares at once would only
    // take their cache lines away.
    for (int i = 0; i < kPatience; ++i) {
      if (is_over(piece)) return false;
      spin_pause();
    }
    taker.store(piece.bits, std::memory_order_relaxed);
    done = 0;
    for (int i = 1; i < members_; ++i) {
      const int other = member + i < members_ ? member + i : member + i - members_;
      for (int share; (share = next(piece, other, shares, false)) >= 0; ++done) run(share);
    }
    taker.store(kNoPiece, std::memory_order_relaxed);
    return done > 0 && end(done);
  }

  // Returns when another piece is open. Before each nap of the wait (event.h), held_up_by(member) is called with one of
  // the other members that take shares of the piece.
  template <typename HeldUpBy>
  void wait(Piece piece, int member, const HeldUpBy& held_up_by) noexcept {
    const auto is_over = [&] { return piece_.load(std::memory_order_seq_cst) != piece.bits; };
    opened_.wait_until(is_over, Event::kSpin, Event::Sleep::kInNaps, [&] {
      for (int other = members_ - 1; other >= 0; --other) {
        if (other == member ||
            runs_[static_cast<std::size_t>(other)].taker.load(std::memory_order_relaxed) != piece.bits)
          continue;
        held_up_by(other);
        return;
      }
    });
  }

 private:
  static constexpr int kTagBits = 24, kCountBits = 12;
  static constexpr std::uint64_t kCount = (1u << kCountBits) - 1;
  static constexpr std::uint64_t kNoPiece = 0;  // pieces are numbered from 1
  static constexpr int kPatience = 20;

  // Who takes shares of a member writes here: the number of the piece (40 bits, which may go around), how many were
  // taken from the front, and how many from the end. On a cache line of its own.
  struct alignas(64) Run {
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::uint64_t> taker{kNoPiece};  // the piece of which this member takes shares now
  };

  [[nodiscard]] bool is_over(Piece piece) const noexcept {
    return piece_.load(std::memory_order_acquire) != piece.bits;
  }
  [[nodiscard]] bool end(int shares) noexcept { return left_.fetch_sub(shares, std::memory_order_acq_rel) == shares; }

  // A share of `owner`, or -1. Whoever comes first to a new piece begins the owner's run of it.
  [[nodiscard]] int next(Piece piece, int owner, int shares, bool from_front) noexcept {
    const std::uint64_t number = piece.bits >> kTagBits << 2 * kCountBits;
    const std::int64_t first = std::int64_t{shares} * owner / members_;
    const std::int64_t end = std::int64_t{shares} * (owner + 1) / members_;
    std::atomic<std::uint64_t>& taken = runs_[static_cast<std::size_t>(owner)].taken;
    std::uint64_t seen = taken.load(std::memory_order_relaxed);
    for (;;) {
      const std::uint64_t counts = seen & (kCount << kCountBits | kCount);
      const auto ahead = static_cast<std::int64_t>(seen - counts - number);
      if (ahead > 0) return -1;
      const auto front = static_cast<std::int64_t>(ahead == 0 ? counts >> kCountBits : 0);
      const auto back = static_cast<std::int64_t>(ahead == 0 ? counts & kCount : 0);
      if (first + front + back >= end) return -1;
      const std::uint64_t after = static_cast<std::uint64_t>(from_front ? front + 1 : front) << kCountBits |
                                  static_cast<std::uint64_t>(from_front ? back : back + 1);
      if (taken.compare_exchange_weak(seen, number | after, std::memory_order_relaxed)) {
        return static_cast<int>(from_front ? first + front : end - 1 - back);
      }
    }
  }

  int members_;
  std::unique_ptr<Run[]> runs_;
  alignas(64) std::atomic<std::uint64_t> piece_{0};  // number and tag
  alignas(64) std::atomic<std::int32_t> left_{0};    // shares that are not over
  Event opened_;
};

}  // namespace kite
