// SPDX-License-Identifier: Apache-2.0
// Computes the margin between two races, then the verdicts.
#include "race/stats/regression.h"

#include <algorithm>
#include <cmath>

namespace kite::race {

ChangesJudged judge_changes(std::span<const Change> changes, double margin) {
  ChangesJudged judged;
  for (const Change& change : changes) {
    if (!change.unchanged || !(change.estimate.ratio > 0)) continue;
    judged.drift = std::max(judged.drift.value_or(0), distance_from_one(change.estimate.ratio));
  }
  judged.margin = std::max(margin, judged.drift.value_or(0));
  // Between two races the drift limits what can be seen, as the resolution does within one race.
  const auto resolution = judged.drift && *judged.drift <= margin ? judged.drift : std::nullopt;
  for (const Change& change : changes) {
    const Verdict verdict = verdict_of(change.estimate.interval, judged.margin, resolution);
    judged.verdicts.push_back(verdict);
    judged.regressed |= !change.unchanged && verdict == Verdict::kSlower;
  }
  return judged;
}

double distance_from_one(double ratio) noexcept { return std::exp(std::fabs(std::log(ratio))) - 1; }

LimitJudged judge_limit(const Interval& ratio, double limit, const Unchanged& unchanged) noexcept {
  const LimitJudged judged{{ratio.low / (1 + unchanged.carried), ratio.high * (1 + unchanged.carried)}};
  // With a NaN no limit holds.
  if (!unchanged.moved || !(*unchanged.moved <= limit)) return {judged.interval, LimitWord::kCannotTell};
  if (judged.interval.low > 1 + limit) return {judged.interval, LimitWord::kBroken};
  return {judged.interval, judged.interval.high <= 1 + limit ? LimitWord::kHolds : LimitWord::kUndecided};
}

}  // namespace kite::race
