// SPDX-License-Identifier: Apache-2.0
// What a process gives up for ever before it reads foreign files, in two layers of the kernel: Landlock refuses paths,
// and seccomp refuses system calls.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::cli {

struct SandboxRules {
  // Files, and folders with all that is below; those that do not exist are left out.
  std::vector<std::string> readable{};
  std::vector<int> writable{};  // descriptors
};

// The version of the kernel's Landlock interface. kLimit where the kernel has none, or was started without it.
[[nodiscard]] Result<int> landlock_version();

// Each layer alone, for the calling thread and for all threads and programs that it starts: call it while there is no
// other thread. kLimit where the kernel refuses.
//
// 1. Nothing but rules.readable can be opened, and that only for reading; nothing can be made, changed, moved, removed
//    or started. Where the version allows it: no TCP connections (4), no signals and no abstract sockets beyond (6).
[[nodiscard]] Status refuse_paths(const SandboxRules& rules, int landlock_version);
// 2. The system calls that reading, computing and threads need still work, and write() for rules.writable. Every other
//    call fails with EPERM: no new process, no program, no socket, no code in writable memory, no file for writing.
[[nodiscard]] Status refuse_system_calls(const SandboxRules& rules);

}  // namespace kite::cli
