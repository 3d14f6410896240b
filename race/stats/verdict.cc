// SPDX-License-Identifier: Apache-2.0
// Intervals against bands.
#include "race/stats/verdict.h"

#include <algorithm>
#include <cmath>

namespace kite::race {
namespace {

bool excludes_one(const RatioEstimate& estimate) noexcept {
  return estimate.interval.low > 1 || estimate.interval.high < 1;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kFaster: return "faster";
    case Verdict::kSlower: return "slower";
    case Verdict::kEquivalent: return "equivalent";
    case Verdict::kUndecided: break;
  }
  return "undecided";
}

Verdict verdict_of(const Interval& ratio, double margin) noexcept {
  const double above = 1 + margin;
  const double below = 1 / above;
  if (ratio.high < below) return Verdict::kFaster;
  if (ratio.low > above) return Verdict::kSlower;
  if (ratio.low >= below && ratio.high <= above) return Verdict::kEquivalent;
  return Verdict::kUndecided;
}

double aa_floor(const RatioEstimate& control) noexcept { return std::fabs(control.ratio - 1); }

double margin_above_floor(double margin, std::optional<double> floor) noexcept {
  return floor && std::isfinite(*floor) ? std::max(margin, *floor) : margin;
}

Control judge_control(const RatioEstimate& control, const std::optional<RatioEstimate>& rerun) noexcept {
  if (control.n > 0 && aa_floor(control) > kLargestFloor) return Control::kInvalid;
  if (!control.bounded()) return Control::kUnknown;
  if (!excludes_one(control)) return Control::kSound;
  if (!rerun || !rerun->bounded()) return Control::kNeedsRerun;
  return excludes_one(*rerun) || aa_floor(*rerun) > kLargestFloor ? Control::kInvalid : Control::kSound;
}

Regression judge_regression(const RatioEstimate& now, const std::optional<RatioEstimate>& rerun, double margin,
                            double floor, double historical_noise) noexcept {
  const double least = std::max(floor, 3 * historical_noise);
  const auto suspect = [&](const RatioEstimate& estimate) {
    return verdict_of(estimate.interval, margin) == Verdict::kSlower && estimate.ratio - 1 >= least;
  };
  if (!suspect(now)) return Regression::kNone;
  if (!rerun) return Regression::kSuspected;
  return suspect(*rerun) ? Regression::kConfirmed : Regression::kNone;
}

}  // namespace kite::race
