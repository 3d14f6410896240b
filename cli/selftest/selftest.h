// SPDX-License-Identifier: Apache-2.0
// Checks of this program on this machine: answers, and what becomes of damaged files.
#pragma once

#include "cli/output/exit_code.h"

namespace kite::cli {

// Makes every check once, then others until so many seconds are over, and prints what came of them. kSomeFailed where a
// check failed.
[[nodiscard]] Result<ExitCode> selftest(double seconds, bool json);

}  // namespace kite::cli
