// SPDX-License-Identifier: Apache-2.0
// Ends the processes that a child left behind. The helper is the subreaper, so every orphan among its descendants
// becomes its own child.
#pragma once

#include "race/spawn/helper/wire.h"

namespace kite::race {

// Waits a moment for them to end by themselves, then kills and reaps until there are none, and lists those that it had
// to kill. child_signals: a signalfd of SIGCHLD.
void end_descendants(int child_signals, wire::Reply& reply);

}  // namespace kite::race
