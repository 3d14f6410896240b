// SPDX-License-Identifier: Apache-2.0
// Watches one running child until it is gone: what it prints, its time limit, its exit. Sleeps in poll between events.
#pragma once

#include <sys/types.h>

#include "race/spawn/helper/wire.h"

namespace kite::race {

// The read end of a child's pipe, and the descriptor (a file of the runner's) that its bytes are kept in: the first
// half of keep_bytes in place, then a ring of the second half, so that the last bytes are always there.
struct Stream {
  int pipe = -1;
  int keep = -1;
  wire::StreamLimit limit;
  std::uint64_t total_bytes = 0;

  // Reads once. False: nothing (more) to read now. At the end of the file the pipe is closed.
  bool read_some();
};

struct Watch {
  pid_t child = -1;
  int child_signals = -1;  // signalfd of SIGCHLD
  int control = -1;        // the runner's socket: when it closes, the child dies
  Stream standard_output, standard_error;
};

// Fills times, usage and wait status. False: the runner is gone, and so is the child.
bool watch(Watch& run, const wire::RequestHead& head, wire::Reply& reply);

}  // namespace kite::race
