// SPDX-License-Identifier: Apache-2.0
// perf events of one process and all that it starts: opened before exec, counting from exec, read after the exit.
#pragma once

#include <sys/types.h>

#include "race/spawn/helper/wire.h"

namespace kite::race {

struct PerfEvents {
  int descriptors[wire::kEventCount];
  std::int32_t errors[wire::kEventCount];
  std::uint32_t user_only[wire::kEventCount];
};

// If the machine refuses an event, its errno is kept.
void open_events(pid_t child, PerfEvents& events);

// Closes them.
void read_events(PerfEvents& events, wire::EventReply* replies);

}  // namespace kite::race
