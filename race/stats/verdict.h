// SPDX-License-Identifier: Apache-2.0
// From an interval to a word, and when a race may give words at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "race/stats/hodges_lehmann.h"

namespace kite::race {

enum class Verdict : std::uint8_t { kFaster, kSlower, kEquivalent, kUndecided };
[[nodiscard]] std::string_view verdict_name(Verdict verdict) noexcept;  // "faster", ..., as in summary.json

// The ratio is contestant / reference of a time or an amount, so below 1 is better. The margin d is symmetric in ln:
// the band of equivalence is [1 / (1 + d), 1 + d], and swapping the two sides swaps faster and slower and nothing else.
//   faster      the interval ends below the band      slower  it begins above the band
//   equivalent  it lies in the band, ends included    undecided  all else, and every unbounded interval
// Equivalence by an interval in a band: Schuirmann 1987, with the same interval for all four words.
[[nodiscard]] Verdict verdict_of(const Interval& ratio, double margin) noexcept;

// What the A/A control (the reference once more, under another label) differs by: |ratio - 1|.
[[nodiscard]] double aa_floor(const RatioEstimate& control) noexcept;

// Nothing smaller than the floor is called a difference: the larger of the margin asked for and the floor.
[[nodiscard]] double margin_above_floor(double margin, std::optional<double> floor) noexcept;

enum class Control : std::uint8_t {
  kSound,
  kUnknown,     // too few rounds for an interval
  kNeedsRerun,  // the interval excludes 1; once in 20 sound races it does, so a fresh run must confirm it
  kInvalid      // the floor is above 5 %, or the re-run excluded 1 as well
};
inline constexpr double kLargestFloor = 0.05;
// Both estimates at the plain confidence: the control is not one of the contestants.
[[nodiscard]] Control judge_control(const RatioEstimate& control, const std::optional<RatioEstimate>& rerun) noexcept;

enum class Regression : std::uint8_t { kNone, kSuspected, kConfirmed };
// New against old of the same contestant. Suspected: slower beyond the margin, and the estimate further from 1 than the
// A/A floor and than 3 times `historical_noise` (standard deviation of this contestant's ln-ratio between runs of
// unchanged code). Confirmed: a fresh re-run is suspect by the same rules.
[[nodiscard]] Regression judge_regression(const RatioEstimate& now, const std::optional<RatioEstimate>& rerun,
                                          double margin, double floor, double historical_noise) noexcept;

}  // namespace kite::race
