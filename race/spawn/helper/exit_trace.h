// SPDX-License-Identifier: Apache-2.0
// Stops a process at its exit, while its memory still stands, and reads what the kernel says of it
// (PTRACE_O_TRACEEXIT). Each signal and the exit then take a round trip through the tracer, so the times of such a
// process do not count.
#pragma once

#include <sys/types.h>

#include "race/spawn/helper/wire.h"

namespace kite::race {

// Before exec. Where ptrace is refused, reply.error says so and the process runs untraced.
void trace_exit_of(pid_t child, wire::ExitReply& reply);

// `wait_status` of a stopped child: reads at its exit, hands signals on, and lets it go on.
void handle_trace_stop(pid_t child, int wait_status, wire::ExitReply& reply);

}  // namespace kite::race
