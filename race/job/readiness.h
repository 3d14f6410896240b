// SPDX-License-Identifier: Apache-2.0
// Can a contestant run here, in which versions, and if not: why, and the one command that would make it so.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "race/job/command.h"
#include "race/job/peer.h"
#include "race/job/places.h"

namespace kite::race {

struct Readiness {
  bool ready = false;
  std::string reason;  // empty when ready
  std::string remedy;  // a command line; empty where none is known
  std::map<std::string, std::string> versions;
  std::optional<std::uint64_t> installed_bytes = std::nullopt;  // of `files`, when ready
};

// "name version, name version"
[[nodiscard]] std::string versions_text(const Readiness& state);

// {peer}, {home}, {root} and {kite} of one peer.
[[nodiscard]] Values setup_values(const Peer& peer, const Places& places);

// Runs `check` for at most `timeout_s`. A home whose setup did not finish is not ready, whatever `check` says.
[[nodiscard]] Readiness check_readiness(const Peer& peer, const Places& places, double timeout_s = 60);
// Of all of them, side by side; a broken peer.toml is not ready, its reason is the file's.
[[nodiscard]] std::vector<Readiness> check_readiness(const std::vector<FoundPeer>& peers, const Places& places);

}  // namespace kite::race
