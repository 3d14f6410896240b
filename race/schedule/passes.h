// SPDX-License-Identifier: Apache-2.0
// Before anything is timed: every contestant passes once over all pictures, and the judge compares the outputs.
#pragma once

#include "paperkite/error.h"
#include "race/schedule/conductor.h"

namespace kite::race {

// For each model: first the pass of the reference, then the judge is made, then the passes of all others are judged.
// The judge is the oracle on as many of the first pictures as fit into setup.oracle_seconds. If the reference agrees
// with it there, the reference's own float32 logits are the judge on the rest. Without an oracle the reference alone is
// the judge. A note says which judge it is.
[[nodiscard]] kite::Status run_passes(Conductor& conductor);

}  // namespace kite::race
