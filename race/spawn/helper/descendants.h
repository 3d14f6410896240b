// SPDX-License-Identifier: Apache-2.0
// What a child left behind: the helper is the subreaper, so every orphan among its descendants becomes its own child.
#pragma once

#include "race/spawn/helper/wire.h"

namespace kite::race {

// Gives them a moment to end by themselves, then kills and reaps until none is left, and writes down whom it had to
// kill. child_signals: a signalfd of SIGCHLD.
void end_descendants(int child_signals, wire::Reply& reply);

}  // namespace kite::race
