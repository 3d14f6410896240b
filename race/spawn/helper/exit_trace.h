// SPDX-License-Identifier: Apache-2.0
// Stops a process at its exit, while its memory still exists, and reads what the kernel reports about it
// (PTRACE_O_TRACEEXIT). Each signal and the exit then go through the tracer and back, so the times of such a process do
// not count.
#pragma once

#include <sys/types.h>

#include "race/spawn/helper/wire.h"

namespace kite::race {

// Call it before exec. If ptrace is refused, reply.error says so and the process runs without tracing.
void trace_exit_of(pid_t child, wire::ExitReply& reply);

// Handles the `wait_status` of a stopped child: reads its memory at its exit, passes signals on, and lets it continue.
void handle_trace_stop(pid_t child, int wait_status, wire::ExitReply& reply);

}  // namespace kite::race
