// SPDX-License-Identifier: Apache-2.0
// Intervals against bands.
#include "race/stats/verdict.h"

namespace kite::race {

std::string_view verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kFaster: return "faster";
    case Verdict::kSlower: return "slower";
    case Verdict::kEquivalent: return "equivalent";
    case Verdict::kUndecided: break;
  }
  return "undecided";
}

Verdict verdict_of(const Interval& ratio, double margin, std::optional<double> resolution) noexcept {
  const double above = 1 + margin;
  const double below = 1 / above;
  if (ratio.high < below) return Verdict::kFaster;
  if (ratio.low > above) return Verdict::kSlower;
  const bool resolved = resolution && *resolution <= margin;
  return resolved && ratio.low >= below && ratio.high <= above ? Verdict::kEquivalent : Verdict::kUndecided;
}

}  // namespace kite::race
