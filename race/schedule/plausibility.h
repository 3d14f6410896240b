// SPDX-License-Identifier: Apache-2.0
// Can it be true? A contestant times its own samples; these checks hold its words against what is seen from outside.
//
// What is caught: more time in samples than passed (between its own stamps, or between exec and exit), times scaled
// down by much, work moved out of the timed calls but left between "first" and "done", memory below what the kernel
// counted, more threads than asked, and with `marginal_ms` work per sample that is hidden anywhere in the process.
// What is not caught: a few per cent shaved off each sample, and work moved before "loaded" that does not grow with the
// number of samples. The latter shows in the time to load, which is compared as well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

struct Doubt {
  std::string impossible;          // a reason for Outcome::kFailed; empty: it can be true
  std::vector<std::string> flags;  // odd, but not impossible
};

// `record` holds what the process said (phases, marks, samples, info) and what was measured of it; ok so far.
[[nodiscard]] Doubt doubts_about(const ProcessRecord& record, const CellRecord& cell, Track track);

// Milliseconds that one more sample costs as seen from outside: the difference of two processes' wall times, less what
// writing logits may take, by the difference of their samples. nullopt: the processes are too alike to tell (fewer than
// 4 times the samples).
[[nodiscard]] std::optional<double> marginal_ms(const ProcessRecord& fewer, const ProcessRecord& more);

// A sentence when the longer process claims samples much faster than that; empty otherwise.
[[nodiscard]] std::string marginal_doubt(const ProcessRecord& fewer, const ProcessRecord& more);

}  // namespace kite::race
