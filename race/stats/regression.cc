// SPDX-License-Identifier: Apache-2.0
// The margin between two races, then the words.
#include "race/stats/regression.h"

#include <algorithm>
#include <cmath>

namespace kite::race {

ChangesJudged judge_changes(std::span<const Change> changes, double margin) {
  ChangesJudged judged;
  for (const Change& change : changes) {
    if (!change.unchanged || !(change.estimate.ratio > 0)) continue;
    const double by = std::exp(std::fabs(std::log(change.estimate.ratio))) - 1;
    judged.drift = std::max(judged.drift.value_or(0), by);
  }
  judged.margin = std::max(margin, judged.drift.value_or(0));
  // The drift is what can be seen between two races, as the resolution is within one.
  const auto resolution = judged.drift && *judged.drift <= margin ? judged.drift : std::nullopt;
  for (const Change& change : changes) {
    const Verdict verdict = verdict_of(change.estimate.interval, judged.margin, resolution);
    judged.verdicts.push_back(verdict);
    judged.regressed |= !change.unchanged && verdict == Verdict::kSlower;
  }
  return judged;
}

}  // namespace kite::race
