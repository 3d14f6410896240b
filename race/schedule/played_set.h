// SPDX-License-Identifier: Apache-2.0
// A set of a heat as it would have run on a machine whose noise is known: turns fall on the blocks of a series of fixed
// work (stats/work_series.h). What a heat will be able to see is forecast with it, and tests plant races with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "race/journal/record.h"
#include "race/stats/work_series.h"

namespace kite::race {

// A live process of each cell 0, 1, ..., the reference first: what its blocks take, relative to the fixed work. Turns
// in the order of williams_order(), as in a heat, from `first_block` on and around: each block is one sample.
[[nodiscard]] SetRecord play_set(const WorkSeries& series, std::size_t first_block, std::span<const double> factors,
                                 std::int32_t cycles, std::uint64_t seed);

}  // namespace kite::race
