// SPDX-License-Identifier: Apache-2.0
// Makes a contestant's home, and knows a half-made one when it sees it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "race/job/peer.h"
#include "race/job/places.h"

namespace kite::race {

struct SetupWatch {
  std::function<void(std::string_view line)> on_line;
  std::function<void()> on_tick;
  const std::atomic<bool>* stop = nullptr;
};

struct SetupOutcome {
  bool ok = false;
  bool stopped = false;
  bool redone = false;  // a half-made home was thrown away first
  int exit_code = 0;
  std::string log;                // path
  std::vector<std::string> tail;  // the last lines of the log
};

// Exists from the beginning of a setup to its successful end.
[[nodiscard]] std::string unfinished_mark(const std::string& home);
// KITE_PEER_HOME, KITE_PEER_DIR and KITE_ROOT, for setup and check.
[[nodiscard]] std::map<std::string, std::string> setup_environment(const Peer& peer, const Places& places);

// Runs the peer's setup, its output into home/setup.log. kIo: the home cannot be made or the program not started.
[[nodiscard]] Result<SetupOutcome> run_setup(const Peer& peer, const Places& places, const SetupWatch& watch);

}  // namespace kite::race
