// SPDX-License-Identifier: Apache-2.0
// The turns of one set of a heat, each with its samples, and a contestant's time in them relative to the reference.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// A block is disturbed if another process ran, or the host took the processor away. This is assumed if the share of
// processor time in the block's wall time is below the median share of the process's blocks in the set, by more than
//   1. this share (half of it is noise of the two clocks and of threads that wait for each other), and
//   2. this many standard deviations of the shares of its blocks.
// The second limit is for busy machines, where the share differs from block to block. With the first limit alone a
// quarter of the blocks would be dropped, and the spread of a set would grow from 2.9 % to 5.3 % (recorded noise).
inline constexpr double kLostProcessorShare = 0.10, kLostProcessorSds = 3;
// A median of fewer pairs says too little about a process.
inline constexpr std::int32_t kFewestPairs = 3;

struct TimedBlock {
  const BlockRecord* record = nullptr;
  std::span<const Sample> samples;
  bool disturbed = false;
};

// The blocks in the order in which they were run. `processes` holds at least those of the set. A block is left out if
// its process is not among them or has too few samples. The result refers to both arguments.
[[nodiscard]] std::vector<TimedBlock> blocks_of(const SetRecord& set, std::span<const ProcessRecord> processes);

struct BlockRatio {
  std::optional<double> log_ratio;  // ln(contestant / reference) of the process; absent below kFewestPairs
  std::int32_t pairs = 0;           // pairs that count
  std::int32_t dropped = 0;         // blocks that were disturbed, or had no block of the reference beside them
};
// The ratio of a process to the reference in one set:
//   1. The value of a block is the median of its samples. Blocks of the warm-up cycle do not count.
//   2. A block is paired with the block of the reference right before it and with the one right after it. If there is
//      only one of them, that pair counts twice.
//   3. A pair with a disturbed block, on either side, is left out.
//   4. The result is the median over all pairs. The difference of two blocks of equal processes has either sign with
//      the same probability, even if the noise is skewed. The difference of a block and the mean of two does not: it is
//      off by 1.2 % if bursts add 10 % on average to every block.
// `same_inputs`: the times of samples depend on the input, as with pictures. Both blocks begin with the same input, and
// only as many samples of each count as the shorter block has.
[[nodiscard]] BlockRatio block_ratio(std::span<const TimedBlock> blocks, std::int32_t cell, std::int32_t reference,
                                     bool same_inputs);

}  // namespace kite::race
