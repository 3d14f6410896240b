// SPDX-License-Identifier: Apache-2.0
// A fixed piece of work, repeated back to back: the clock that a machine's noise is read from.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "paperkite/error.h"
#include "race/stats/work_series.h"

namespace kite::race {

// As a block of a heat lasts.
inline constexpr double kWorkStepS = 0.1;
// A block is so many equal pieces, each of several steps that all threads take together.
inline constexpr int kPiecesPerBlock = 20;

// Threads that each multiply a matrix of 1 MiB by 16 columns, again and again, and meet after each product: about as
// many operations for a byte as a convolution has, and a meeting as often as a small model has one.
//
// For `seconds`, or until `go_on` (called before each block with the seconds that have passed) says no. Where several
// numbers of threads are asked for, each has every step of kWorkStepS for its share: so all series span the whole time,
// and neighbours of one series begin kWorkStepS apart. What there is when it stops is returned.
[[nodiscard]] Result<std::vector<WorkSeries>> measure_fixed_work(std::span<const std::int32_t> threads, double seconds,
                                                                 const std::function<bool(double)>& go_on);

}  // namespace kite::race
