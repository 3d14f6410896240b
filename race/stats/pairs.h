// SPDX-License-Identifier: Apache-2.0
// Values of two contestants, paired by the round that both ran in.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace kite::race {

// Round -> the value of that round's process (the median of its steady samples, its wall time, its peak memory). If the
// value is not a positive number, the round counts as one without a value.
using ByRound = std::map<std::int32_t, double>;

// ln(a / b) of the rounds that have both, in the order of rounds. The two processes of a round ran close together, so
// slow drift of the machine cancels.
[[nodiscard]] std::vector<double> paired_log_ratios(const ByRound& a, const ByRound& b);

}  // namespace kite::race
