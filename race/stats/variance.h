// SPDX-License-Identifier: Apache-2.0
// How many rounds a race has to have, from a pilot; how many sets a heat, from its control.
#pragma once

#include <cstdint>
#include <span>

namespace kite::race {

[[nodiscard]] double standard_deviation(std::span<const double> values);  // n - 1; 0 of fewer than 2

// How far the interval of the ratio is expected to reach to either side, in ln: Student's t at rounds - 1 degrees,
// widened by the efficiency 3 / pi of the Hodges-Lehmann estimate under normal data (Hollander & Wolfe 1999, 3.11).
// `sd` is of one round's ln-ratio; two rounds at least.
[[nodiscard]] double expected_half_width(double sd, std::int32_t rounds, double confidence);

// The fewest rounds, between `least` and `most`, whose interval is expected to reach no further than `half_width`
// (0.02: 2 %) to either side. A pilot of 5 rounds knows its own sd to about +-35 %, so the race's interval may come out
// wider: it is printed as it is.
[[nodiscard]] std::int32_t rounds_for_half_width(double sd, double half_width, double confidence, std::int32_t least,
                                                 std::int32_t most);

}  // namespace kite::race
