// SPDX-License-Identifier: Apache-2.0
// Before anything is timed: every contestant's one long pass over the pictures, and the judge's word on it.
#pragma once

#include "paperkite/error.h"
#include "race/schedule/conductor.h"

namespace kite::race {

// For each model: the reference's pass first, then the judge is made, then everybody else's passes are judged.
// The judge is the oracle on as many of the first pictures as fit into setup.oracle_seconds, and the reference's own
// float32 logits on the rest, once the two agree. Without an oracle it is the reference alone; a note says which.
[[nodiscard]] kite::Status run_passes(Conductor& conductor);

}  // namespace kite::race
