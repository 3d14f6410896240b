// SPDX-License-Identifier: Apache-2.0
// Values of two contestants, paired by the round that both ran in.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace kite::race {

// Round -> the value of that round's process (the median of its steady samples, its wall time, its peak memory). A
// value that is not a positive number counts as a round without one.
using ByRound = std::map<std::int32_t, double>;

// ln(a / b) of the rounds that have both, in the order of rounds. What ran close together is divided, so that slow
// drift of the machine cancels.
[[nodiscard]] std::vector<double> paired_log_ratios(const ByRound& a, const ByRound& b);

}  // namespace kite::race
