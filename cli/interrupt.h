// SPDX-License-Identifier: Apache-2.0
// Ctrl-C ends a verb between two inputs, so that what was done is still written.
#pragma once

namespace kite::cli {

// From now on SIGINT and SIGTERM are remembered instead of ending the process, and a blocking read() returns for them.
void remember_interrupts();
[[nodiscard]] bool is_interrupted();

}  // namespace kite::cli
