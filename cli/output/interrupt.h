// SPDX-License-Identifier: Apache-2.0
// What happens on Ctrl-C, on SIGTERM, and when the terminal closes.
#pragma once

#include <atomic>

namespace kite::cli {

// From this call on, these signals end the process immediately with kInterrupted; files that are
// being written are removed.
void end_on_interrupts();
// From this call on, the first signal is only recorded, and a blocking call returns because of it. A verb checks for it
// between two inputs, so that the finished results are still written. The second signal ends the process as above.
// Returns the record, which is_interrupted() reads, too.
const std::atomic<bool>& remember_interrupts();
[[nodiscard]] bool is_interrupted();
// For a child that works for a parent which has called remember_interrupts(): from this call on these signals are
// ignored here, as the terminal sends them to both, and SIGUSR1, which the parent sends, is in their place.
void obey_interrupts_of_parent();

}  // namespace kite::cli
