// SPDX-License-Identifier: Apache-2.0
// The verdict that follows from an interval.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "race/stats/hodges_lehmann.h"

namespace kite::race {

enum class Verdict : std::uint8_t { kFaster, kSlower, kEquivalent, kUndecided };
[[nodiscard]] std::string_view verdict_name(Verdict verdict) noexcept;  // "faster", ..., as in summary.json

// The ratio is contestant / reference of a time or an amount, so below 1 is better. The margin d is symmetric in ln:
// the band of equivalence is [1 / (1 + d), 1 + d]. If the two sides are swapped, only faster and slower are swapped.
//   faster      the interval ends below the band
//   slower      the interval begins above the band
//   equivalent  the interval lies in the band, ends included, and `resolution` is at most d
//   undecided   every other interval, and every unbounded one
// The resolution comes from the A/A control of the same workload (control.h): if the race cannot show within d that the
// reference equals itself, no contestant is called equivalent to it. Without a control the resolution is not known, and
// nothing is called equivalent either. Equivalence by an interval in a band: Schuirmann 1987, with the same interval
// for all verdicts.
[[nodiscard]] Verdict verdict_of(const Interval& ratio, double margin, std::optional<double> resolution) noexcept;

}  // namespace kite::race
