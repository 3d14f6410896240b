// SPDX-License-Identifier: Apache-2.0
// What kite does before and after the work of a verb, also of the race, and how they say what went wrong.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/exit_code.h"
#include "paperkite/error.h"

namespace kite::cli {

// "kite: error[CODE]: what; where; what to do" on standard error, in one line; returns the exit code of the error.
// Needs no memory, because the error may be that there is none.
ExitCode print_error(const Error& error) noexcept;
// "kite: warning: ..." on standard error, in one line.
void warn(std::string_view text);

// The whole of main(): runs `work` with the arguments behind the program's name and returns the exit code.
// 1. Standard streams that are closed get a descriptor that fails, so that no file of the program takes their number.
// 2. A file that reaches the largest allowed size is an error, not a signal.
// 3. Signals that end the program leave no temporary file (interrupt.h).
// 4. Memory or threads that the system refuses are error 5.
// 5. What could not be written to standard output, however little, is error 6.
[[nodiscard]] int run_program(int argc, char** argv, const std::function<int(std::vector<std::string>)>& work);

}  // namespace kite::cli
