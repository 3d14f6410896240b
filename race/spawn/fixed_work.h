// SPDX-License-Identifier: Apache-2.0
// A fixed piece of work that is repeated without a pause: its times show the noise of a machine.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "paperkite/error.h"
#include "race/stats/work_series.h"

namespace kite::race {

// Seconds of a block, as long as a block of a heat.
inline constexpr double kWorkStepS = 0.1;
// A block has this many equal pieces. A piece has several steps, which all threads take together.
inline constexpr int kPiecesPerBlock = 20;

// Each thread multiplies a matrix of 1 MiB by 16 columns, again and again, and all threads wait for each other after
// each product. That is about as many operations for each byte as in a convolution, and threads wait about as often as
// in a small model.
//
// It runs for `seconds`, and on a machine that is too busy for that until there are kFewestBlocks, or until `go_on`,
// which is called before each block with the seconds that have passed, returns false. If several numbers of threads are
// asked for, each of them works in every step of kWorkStepS, for its share of the step. So every series spans the whole
// time, and the blocks of one series begin kWorkStepS after each other. Returns the blocks that were measured until it
// stopped.
[[nodiscard]] Result<std::vector<WorkSeries>> measure_fixed_work(std::span<const std::int32_t> threads, double seconds,
                                                                 const std::function<bool(double)>& go_on);

}  // namespace kite::race
