// SPDX-License-Identifier: Apache-2.0
// Is there a difference at all? The sign-flip permutation test on one ln-ratio a round.
#pragma once

#include <cstdint>
#include <span>

namespace kite::race {

struct SignFlip {
  double p = 1;       // two-sided
  bool exact = true;  // all 2^n sign patterns counted; else a seeded sample of them
};

// Up to here all 2^n patterns are counted, by sorting the sums of each half and meeting in the middle (Horowitz & Sahni
// 1974): a millisecond or two at 32.
inline constexpr std::size_t kSignFlipExact = 32;
inline constexpr std::int32_t kSignFlipDraws = 100'000;
struct SignFlipRules {
  std::uint64_t seed = 0;
  std::size_t exact_up_to = kSignFlipExact;
  std::int32_t draws = kSignFlipDraws;
};

// The share of sign patterns whose |sum of +-x_i| is at least the |sum of x_i| seen (Fisher 1935, section 21; Good
// 2005, 3.2). Beyond `exact_up_to` values, `draws` random patterns and (hits + 1) / (draws + 1), which is never 0 and
// keeps the level (Phipson & Smyth 2010). Sums that differ only by rounding count as equal. Assumes that, were there no
// difference, each round's ln-ratio were as likely to have either sign. Values are finite. p is 1 of no values.
[[nodiscard]] SignFlip sign_flip_test(std::span<const double> log_ratios, const SignFlipRules& rules = {});

}  // namespace kite::race
