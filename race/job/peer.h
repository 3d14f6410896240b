// SPDX-License-Identifier: Apache-2.0
// A contestant's folder: what its peer.toml says (peers/README.md). The whole file is checked before any of its
// commands is run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

using CommandTemplate = std::vector<std::string>;  // an argv with {placeholders}; empty: there is no such command

// One way to run a peer: its commands and settings. The plain variant has the name "".
struct Variant {
  std::string name, title, settings;
  std::string model = "onnx";  // the file it loads: "onnx" or "state_dict"
  std::vector<Track> tracks;
  CommandTemplate prepare, oneshot, no_pre, inc_pre;  // the variant's own arguments are appended already
  std::vector<std::string> presets;  // in which it races; the plain variant races whenever its peer does

  [[nodiscard]] const CommandTemplate& command(Mode mode) const;
};

struct Peer {
  std::string name, folder;  // the folder is absolute
  std::string title, runtime, language;
  CommandTemplate setup, check;
  CommandTemplate files;  // files and folders that a deployment copies, for their size
  std::string setup_note;
  std::vector<Variant> variants;  // the plain variant first
};

// kUsage, with the line: broken TOML, an unknown key, a wrong type, or a placeholder that this command does not have.
[[nodiscard]] Result<Peer> parse_peer(std::string_view toml, const std::string& name, const std::string& folder);
[[nodiscard]] Result<Peer> read_peer(const std::string& folder);

// A folder with a peer.toml: the peer, or the reason why it cannot be read.
struct FoundPeer {
  std::string name;
  std::optional<Peer> peer;
  std::string reason;
};

// Every folder of `peers_dir` with a peer.toml, by name. kIo: the folder cannot be read.
[[nodiscard]] Result<std::vector<FoundPeer>> find_peers(const std::string& peers_dir);

// [a-z0-9._-]+, not beginning with a dot.
[[nodiscard]] bool is_peer_name(std::string_view name);

}  // namespace kite::race
