// SPDX-License-Identifier: Apache-2.0
// Two processes: one inside of a sandbox that reads what is foreign, and one outside that does nothing but wait for it
// and give the finished files their names.
#pragma once

#include <cstdint>
#include <functional>

#include "cli/output/exit_code.h"
#include "cli/sandbox/sandbox.h"

namespace kite::cli {

// Tells the process outside that the output of this number, below 64, is complete.
using TellFinished = std::function<void(unsigned output)>;

struct SandboxedWork {
  bool is_inside = false;      // then there is nothing to do but to end with `code`
  ExitCode code = kOk;         // of `work`
  std::uint64_t finished = 0;  // bits: the outputs that are complete
};

// Runs `work` in a child that has entered the sandbox, and says so with Landlock's version on standard error. Returns
// in both processes. Call it while there is no other thread, with the outputs already open.
// 1. kLimit where the system has no such sandbox; `work` has then not begun.
// 2. A signal that interrupts goes through the process outside, once; a second one ends both. The child ends with its
//    parent. When a signal ends the child, that is an error: kLimit for SIGKILL, as of the kernel that has no memory
//    left, and otherwise kInvalidInput.
[[nodiscard]] Result<SandboxedWork> run_in_sandbox(SandboxRules rules,
                                                   const std::function<ExitCode(const TellFinished& tell)>& work);

}  // namespace kite::cli
