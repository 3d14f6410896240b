// SPDX-License-Identifier: Apache-2.0
// The turns of one set of a heat, each with its samples, and what a contestant took in them relative to the reference.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// A block is disturbed where its process got less processor time for its wall time than in the middle one of its blocks
// in the set, by more than this share and by more than so many standard deviations of its blocks' shares: someone else
// ran, or the host took the processor away. Half of the share is noise of the two clocks and of threads that wait for
// each other. Where every block gets another share, on a busy machine, none is out of the ordinary: a quarter of them
// would be dropped by the first limit alone, and the spread of a set grow from 2.9 % to 5.3 % (recorded noise).
inline constexpr double kLostProcessorShare = 0.10, kLostProcessorSds = 3;
// A median of fewer pairs says too little of a process.
inline constexpr std::int32_t kFewestPairs = 3;

struct TimedBlock {
  const BlockRecord* record = nullptr;
  std::span<const Sample> samples;
  bool disturbed = false;
};

// In the order in which they were run. `processes`: at least those of the set; a block whose process is not among them,
// or has too few samples, is left out. What is returned refers to both arguments.
[[nodiscard]] std::vector<TimedBlock> blocks_of(const SetRecord& set, std::span<const ProcessRecord> processes);

struct BlockRatio {
  std::optional<double> log_ratio;  // ln(contestant / reference) of the process; absent below kFewestPairs
  std::int32_t pairs = 0;           // that count
  std::int32_t dropped = 0;         // disturbed, or without a reference's block beside them
};
// A block's value is the median of its samples. It is paired with the block of the reference right before it and with
// the one right after it; where there is one alone, that pair counts twice. A disturbed block counts on neither side,
// so it takes its partner with it. The process's value is the median over all these pairs: a difference of two blocks
// of equal processes is as likely to have either sign however skewed the noise is, while a block less the mean of two
// is not (1.2 % off where bursts of 10 % add to every block). Blocks of the cycle that warms up do not count.
// `same_inputs`: samples depend on the input (pictures do), and of both blocks, which begin with the same one, only as
// many samples count as the shorter has.
[[nodiscard]] BlockRatio block_ratio(std::span<const TimedBlock> blocks, std::int32_t cell, std::int32_t reference,
                                     bool same_inputs);

}  // namespace kite::race
