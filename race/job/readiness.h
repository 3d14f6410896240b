// SPDX-License-Identifier: Apache-2.0
// Whether a contestant can run on this machine, and in which versions; if not, the reason and the command that helps.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "race/job/command.h"
#include "race/job/install_paths.h"
#include "race/job/peer.h"

namespace kite::race {

struct Readiness {
  bool ready = false;
  std::string reason;  // empty when ready
  std::string remedy;  // a command line; empty: not known
  std::map<std::string, std::string> versions;
  std::optional<std::uint64_t> installed_bytes = std::nullopt;  // of `files`, when ready
};

// "name version, name version"
[[nodiscard]] std::string versions_text(const Readiness& state);

// {peer}, {home}, {root} and {kite} of one peer.
[[nodiscard]] Values setup_values(const Peer& peer, const InstallPaths& paths);

// Runs `check` for at most `timeout_s`. A peer whose setup did not finish is not ready, even if `check` succeeds.
[[nodiscard]] Readiness check_readiness(const Peer& peer, const InstallPaths& paths, double timeout_s = 60);
// The same for all peers, several at a time. A peer whose peer.toml is broken is not ready; the error of the file is
// its reason.
[[nodiscard]] std::vector<Readiness> check_readiness(const std::vector<FoundPeer>& peers, const InstallPaths& paths);

}  // namespace kite::race
