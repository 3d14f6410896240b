// SPDX-License-Identifier: Apache-2.0
// Runs another program whose time does not count, and collects what it prints.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite {

struct SubprocessOptions {
  double timeout_s = 30;
  std::map<std::string, std::string> environment;      // added to the caller's
  std::string folder;                                  // to run in; empty: the caller's
  std::function<void(std::string_view line)> on_line;  // each line of both streams, as it comes
  std::function<void()> on_tick;                       // about ten times a second
  const std::atomic<bool>* stop = nullptr;             // set: the process group is ended
};

struct SubprocessResult {
  int exit_code = -1;  // 128 + signal if a signal ended the program
  bool timed_out = false;
  bool stopped = false;
  std::string output;  // standard output; at most the last 1 MB
  std::string errors;  // standard error, likewise
  [[nodiscard]] bool ok() const { return exit_code == 0 && !timed_out && !stopped; }
  // The last line that is not blank, of the errors or, if they have none, of the output.
  [[nodiscard]] std::string last_line() const;
};

// Of a program that could not be started: kLimit for want of processes or memory, else kIo. The system's text of
// `code`, a value of errno, follows `what`.
[[nodiscard]] Error start_error(int code, std::string what, std::string program, std::string remedy = {});

// kIo: the program could not be started (not found, not executable); where = the program.
// The program gets a process group of its own, no standard input, and is ended with its children after the timeout.
[[nodiscard]] Result<SubprocessResult> run_subprocess(const std::vector<std::string>& argv,
                                                      const SubprocessOptions& options = {});

}  // namespace kite
