// SPDX-License-Identifier: Apache-2.0
// The A/A control: the reference against itself under another label. For a workload (one model, track, mode and number
// of threads) and a measure it says how small a difference can be seen, and whether the workload is biased.
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
      0.95;  // of each interval; 1 - confidence is the chance that a race without bias has a biased workload
  SignFlipRules sign_flip = {};
};

struct ControlFound {
  RatioEstimate estimate;  // control / reference; its confidence is not widened, since no contestant is compared
  // Half the width of the interval, as a ratio: 0.014 means that differences below 1.4 % cannot be seen here. Absent if
  // the interval is unbounded.
  std::optional<double> resolution;
  std::optional<double> p_holm;  // of "no difference", adjusted over the workloads; absent if no round has both
  bool biased = false;
};

// Half the width of a control's interval, as ControlFound::resolution; absent if the interval is unbounded.
[[nodiscard]] std::optional<double> resolution_of(const RatioEstimate& control) noexcept;

// Judges all workloads of a race at once. A workload is biased if all of this holds:
//   1. its interval excludes 1;
//   2. it still differs after Holm's correction over the workloads, since one fair workload in twenty
//      fails the first test;
//   3. both halves of its rounds, taken alternately, differ to the same side at 90 %: one half has to confirm the other
//      before the workload is given up.
// With fewer than 10 rounds a half has no interval, so nothing is called biased.
[[nodiscard]] std::vector<ControlFound> judge_controls(std::span<const ControlPair> workloads,
                                                       const ControlRules& rules);

}  // namespace kite::race
