// SPDX-License-Identifier: Apache-2.0
// Watches one running child until it has ended: its output, its time limit and its exit. Sleeps in poll between events.
#pragma once

#include <sys/types.h>

#include "race/spawn/helper/wire.h"

namespace kite::race {

// The read end of a child's pipe, and the descriptor of a file of the runner in which its bytes are kept. The first
// half of keep_bytes holds the first bytes; the second half is a ring, so that it always holds the last bytes.
struct Stream {
  int pipe = -1;
  int keep = -1;
  wire::StreamLimit limit;
  std::uint64_t total_bytes = 0;

  // Reads once. False: there is nothing to read now. At the end of the file it closes the pipe.
  bool read_some();
};

struct Watch {
  pid_t child = -1;
  int child_signals = -1;  // signalfd of SIGCHLD
  int control = -1;        // the runner's socket: when it closes, the child dies
  Stream standard_output, standard_error;
};

// Fills times, usage and wait status. False: the runner has ended, and so has the child.
bool watch(Watch& run, const wire::RequestHead& head, wire::Reply& reply);

}  // namespace kite::race
