// SPDX-License-Identifier: Apache-2.0
// Can it be true? A contestant times its own samples; these checks hold its words against what is seen from outside.
//
// What is caught: more time in samples than passed (between its own stamps, or between exec and exit), times scaled
// down by much, work moved out of the timed calls but left between "first" and "done", memory below what the kernel
// counted, and more threads than asked. In a heat each turn is timed from outside as well (live_run.h).
// What is not caught: a few per cent shaved off each sample, and work moved before "loaded". The latter shows in the
// time to load, which is compared as well.
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

}  // namespace kite::race
