// SPDX-License-Identifier: Apache-2.0
// Starts one child: clone, then everything that must be done before exec, then exec.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include "race/spawn/helper/perf_events.h"
#include "race/spawn/helper/wire.h"

namespace kite::race {

struct Command {
  const wire::RequestHead* head;
  const char* folder;   // empty: ours
  const char* program;  // the file for exec; the child sees arguments[0]
  char** arguments;     // both end with a null pointer
  char** environment;
  cpu_set_t cpus;
  int standard_input, standard_output, standard_error;
};

// Returns the child's pid after exec and sets reply.begin_ns; -1: no child runs, and reply says which stage failed.
// events: opened if the request asks for them.
pid_t launch(const Command& command, PerfEvents& events, wire::Reply& reply);

}  // namespace kite::race
