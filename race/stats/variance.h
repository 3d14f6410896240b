// SPDX-License-Identifier: Apache-2.0
// How many rounds a race needs, from its pilot, and how many sets a heat needs, from its control.
#pragma once

#include <cstdint>
#include <span>

namespace kite::race {

// With divisor n - 1; 0 for fewer than two values.
[[nodiscard]] double standard_deviation(std::span<const double> values);

// How far the interval of the ratio is expected to reach to either side, in ln: Student's t at rounds - 1 degrees,
// widened by the efficiency 3 / pi of the Hodges-Lehmann estimate under normal data (Hollander & Wolfe 1999, 3.11).
// `sd`: standard deviation of one round's ln-ratio. There are at least two rounds.
[[nodiscard]] double expected_half_width(double sd, std::int32_t rounds, double confidence);

// The fewest rounds, between `least` and `most`, whose interval is expected to reach no further than `half_width`
// (0.02: 2 %) to either side. A pilot of 5 rounds knows its own sd only to about +-35 %, so the interval of the race
// may be wider than expected. The report prints the interval that was found.
[[nodiscard]] std::int32_t rounds_for_half_width(double sd, double half_width, double confidence, std::int32_t least,
                                                 std::int32_t most);

}  // namespace kite::race
