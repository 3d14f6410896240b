// SPDX-License-Identifier: Apache-2.0
// Makes a contestant's home, and recognises a home whose setup did not finish.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "race/job/install_paths.h"
#include "race/job/peer.h"

namespace kite::race {

struct SetupWatch {
  std::function<void(std::string_view line)> on_line;
  std::function<void()> on_tick;
  const std::atomic<bool>* stop = nullptr;
};

struct SetupOutcome {
  bool ok = false;
  bool stopped = false;
  bool redone = false;  // an unfinished home was removed first
  int exit_code = 0;
  std::string log;                // path
  std::vector<std::string> tail;  // the last lines of the log
};

// The path of a file that exists from the beginning of a setup to its successful end.
[[nodiscard]] std::string unfinished_mark(const std::string& home);
// The path of what the setup wrote.
[[nodiscard]] std::string setup_log(const std::string& home);
// KITE_PEER_HOME, KITE_PEER_DIR and KITE_ROOT, for setup and check.
[[nodiscard]] std::map<std::string, std::string> setup_environment(const Peer& peer, const InstallPaths& paths);

// Runs the peer's setup and writes its output into home/setup.log. kIo: the home cannot be made, or the program cannot
// be started.
[[nodiscard]] Result<SetupOutcome> run_setup(const Peer& peer, const InstallPaths& paths, const SetupWatch& watch);

}  // namespace kite::race
