// SPDX-License-Identifier: Apache-2.0
// Whether there is a difference at all: the sign-flip permutation test on one ln-ratio for each round.
#pragma once

#include <cstdint>
#include <span>

namespace kite::race {

struct SignFlip {
  double p = 1;       // two-sided
  bool exact = true;  // all 2^n sign patterns were counted; false: a random sample of them, with a fixed seed
};

// Up to this n all 2^n patterns are counted, by sorting the sums of each half and meeting in the middle (Horowitz &
// Sahni 1974): with n = 32 in one or two milliseconds.
inline constexpr std::size_t kSignFlipExact = 32;
inline constexpr std::int32_t kSignFlipDraws = 100'000;
struct SignFlipRules {
  std::uint64_t seed = 0;
  std::size_t exact_up_to = kSignFlipExact;
  std::int32_t draws = kSignFlipDraws;
};

// The share of sign patterns whose |sum of +-x_i| is at least the |sum of x_i| seen (Fisher 1935, section 21; Good
// 2005, 3.2). Beyond `exact_up_to` values, `draws` random patterns and (hits + 1) / (draws + 1), which is never 0 and
// keeps the level (Phipson & Smyth 2010). Sums that differ only by rounding count as equal. The test assumes that,
// without a difference, each round's ln-ratio has either sign with the same probability. Values are finite. Without
// values p is 1.
[[nodiscard]] SignFlip sign_flip_test(std::span<const double> log_ratios, const SignFlipRules& rules = {});

}  // namespace kite::race
