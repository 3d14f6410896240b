// SPDX-License-Identifier: Apache-2.0
// A set of a heat as it would have run on a machine whose noise is known: each turn takes the time of a block of a
// series of fixed work (stats/work_series.h). The forecast uses it, and so do tests that plant
// races with known results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "race/journal/record.h"
#include "race/stats/work_series.h"

namespace kite::race {

// `factors`: for each cell 0, 1, ..., the reference first, the time of its blocks relative to the fixed work. The turns
// are in the order of williams_order(), as in a heat. They use the blocks of the series from `first_block` on, and from
// the beginning again after the last. Each block is one sample.
[[nodiscard]] SetRecord play_set(const WorkSeries& series, std::size_t first_block, std::span<const double> factors,
                                 std::int32_t cycles, std::uint64_t seed);

}  // namespace kite::race
