// SPDX-License-Identifier: Apache-2.0
// Whether the times that a contestant reports are possible. A contestant times its own samples; these checks compare
// its times with what is seen from outside.
//
// These are detected:
//   1. samples that take more time than passed between its own stamps, or between exec and exit;
//   2. times that are much too small;
//   3. work that is done outside the timed calls but between "first" and "done";
//   4. less memory than the kernel counted;
//   5. another number of threads than was asked for.
// In a heat each turn is timed from outside as well (live_run.h).
// These are not detected: times that are a few per cent too small, and work that is done before "loaded". The latter
// shows in the time to load, which is compared as well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

struct Doubt {
  std::string impossible;          // a reason for Outcome::kFailed; empty: the record is possible
  std::vector<std::string> flags;  // odd, but not impossible
};

// `record`: what the process reported (phases, marks, samples, info) and what was measured; its status is ok so far.
[[nodiscard]] Doubt doubts_about(const ProcessRecord& record, const CellRecord& cell, Track track);

}  // namespace kite::race
