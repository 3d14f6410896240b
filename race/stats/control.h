// SPDX-License-Identifier: Apache-2.0
// The A/A control: the reference against itself under another label. It says two things of a place (one model, track,
// mode, number of threads and measure): how small a difference can be seen there, and whether the place is biased.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "race/stats/hodges_lehmann.h"
#include "race/stats/pairs.h"
#include "race/stats/permutation.h"

namespace kite::race {

struct ControlPair {
  ByRound control, reference;
};

struct ControlRules {
  double confidence =
      0.95;  // of each interval; 1 - confidence is the chance that a race without bias has a biased place
  SignFlipRules sign_flip = {};
};

struct ControlFound {
  RatioEstimate estimate;  // control / reference, at the plain confidence: no contestant is among the two
  // Half the width of the interval, as a ratio: 0.014 says that differences below 1.4 % cannot be seen here. Absent
  // where the interval is unbounded.
  std::optional<double> resolution;
  std::optional<double> p_holm;  // of "no difference", adjusted over the places; absent without a round that has both
  bool biased = false;
};

// Half the width of a control's interval, as ControlFound::resolution; absent where it has no end.
[[nodiscard]] std::optional<double> resolution_of(const RatioEstimate& control) noexcept;

// All places of a race at once. A place is biased where three things hold:
//   1. its interval excludes 1;
//   2. it still differs after Holm's correction over the places, since one fair place in twenty fails the first test;
//   3. both halves of its rounds, taken alternately, differ to the same side at 90 %: the second is the re-run that has
//      to say the same before the place is given up.
// Below 10 rounds a half gives no interval, so nothing is called biased.
[[nodiscard]] std::vector<ControlFound> judge_controls(std::span<const ControlPair> places, const ControlRules& rules);

}  // namespace kite::race
