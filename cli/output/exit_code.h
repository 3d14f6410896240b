// SPDX-License-Identifier: Apache-2.0
// The exit codes of kite; `kite race` has one more (race/commands/commands.h).
#pragma once

#include "paperkite/error.h"

namespace kite::cli {

enum ExitCode : int {
  kOk = 0,
  kSomeFailed = 1,  // some inputs failed; the others have answers
  kUsage = 2,
  kModel = 3,
  kImage = 4,
  kLimit = 5,
  kIo = 6,
  kInterrupted = 130,
};

[[nodiscard]] ExitCode exit_code_of(ErrorCode code) noexcept;

}  // namespace kite::cli
