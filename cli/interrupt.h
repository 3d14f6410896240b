// SPDX-License-Identifier: Apache-2.0
// What Ctrl-C, SIGTERM and a terminal that closes do.
#pragma once

namespace kite::cli {

// From now on they end the process at once with kInterrupted; a file that is being written is removed on the way out.
void end_on_interrupts();
// From now on the first one is remembered instead, for a verb that looks between two inputs so that what was done is
// still written. A blocking call returns for it. The second one ends the process as above.
void remember_interrupts();
[[nodiscard]] bool is_interrupted();

}  // namespace kite::cli
