// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/played_set.h"

#include <cmath>

#include "race/schedule/williams.h"

namespace kite::race {

SetRecord play_set(const WorkSeries& series, std::size_t first_block, std::span<const double> factors,
                   std::int32_t cycles, std::uint64_t seed) {
  SetRecord set;
  set.heat = set.set = 1;
  const auto count = static_cast<std::int32_t>(factors.size());
  for (std::int32_t cell = 0; cell < count; ++cell) {
    ProcessRecord process;
    process.cell = cell;
    process.heat = set.heat;
    process.round = set.set;
    process.purpose = Purpose::kHeat;
    set.processes.push_back(std::move(process));
  }
  std::size_t at = first_block;
  std::int64_t begin_ns = 0;
  for (std::int32_t cycle = 0; cycle <= cycles; ++cycle) {
    for (const std::int32_t cell : williams_order(count, seed, cycle)) {
      const WorkBlock& work = series.blocks[at++ % series.blocks.size()];
      BlockRecord block;
      block.cell = cell;
      block.cycle = cycle;
      block.begin_ns = begin_ns;
      block.wall_ns = std::llround(work.wall_ms * 1e6);
      block.cpu_ns = std::llround(work.cpu_ms * 1e6);
      block.samples = 1;
      begin_ns += block.wall_ns;
      set.blocks.push_back(block);
      const auto own = static_cast<std::size_t>(cell);
      set.processes[own].samples.push_back({0, work.piece_ms * factors[own], 0, 0});
    }
  }
  return set;
}

}  // namespace kite::race
