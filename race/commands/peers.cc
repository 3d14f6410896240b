// SPDX-License-Identifier: Apache-2.0
// kite race peers: lists the contestants that can race here, and what the others lack.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "cli/output/output.h"
#include "race/commands/commands.h"
#include "race/commands/terminal.h"
#include "race/job/readiness.h"
#include "race/journal/words.h"

namespace kite::race {

namespace {

// The first line, shortened: a reason may be the whole error output of a program.
std::string brief(const std::string& text) {
  constexpr std::size_t kLongest = 110;
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() <= kLongest ? line : line.substr(0, kLongest) + "...";
}

nlohmann::ordered_json json_of(const FoundPeer& found, const Readiness& state) {
  nlohmann::ordered_json row = {{"name", found.name},
                                {"ready", state.ready},
                                {"reason", state.reason},
                                {"remedy", state.remedy},
                                {"versions", state.versions}};
  if (!found.peer) return row;
  const Peer& peer = *found.peer;
  const Variant& plain = peer.variants.front();
  row["title"] = peer.title;
  row["runtime"] = peer.runtime;
  row["language"] = peer.language;
  row["settings"] = plain.settings;
  row["setup_note"] = peer.setup_note;
  row["folder"] = peer.folder;
  if (state.installed_bytes) row["installed_bytes"] = *state.installed_bytes;
  row["tracks"] = nlohmann::ordered_json::array();
  for (const Track track : plain.tracks) row["tracks"].push_back(word_of(track));
  row["modes"] = nlohmann::ordered_json::array();
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    if (!plain.command(mode).empty()) row["modes"].push_back(word_of(mode));
  }
  row["variants"] = nlohmann::ordered_json::array();
  for (const Variant& variant : peer.variants) {
    if (!variant.name.empty()) row["variants"].push_back(variant.name);
  }
  return row;
}

void print_table(const std::vector<FoundPeer>& peers, const std::vector<Readiness>& states) {
  std::size_t name_width = 4;
  std::size_t title_width = 5;
  for (const FoundPeer& found : peers) {
    name_width = std::max(name_width, found.name.size());
    if (found.peer) title_width = std::max(title_width, found.peer->title.size());
  }
  cli::print("{:<{}}  {:<{}}  state\n", "name", name_width, "title", title_width);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    std::string state = "ready";
    if (const std::string versions = versions_text(states[i]); !versions.empty()) state += ": " + versions;
    if (!states[i].ready) {
      state = "not ready: " + brief(states[i].reason);
      if (!states[i].remedy.empty()) state += "; run: " + states[i].remedy;
      if (peers[i].peer && !peers[i].peer->setup_note.empty()) state += " (" + peers[i].peer->setup_note + ")";
    }
    cli::print("{:<{}}  {:<{}}  {}\n", peers[i].name, name_width, peers[i].peer ? peers[i].peer->title : "",
               title_width, state);
  }
}

}  // namespace

int list_peers(const Options& options, const InstallPaths& paths) {
  const auto peers = find_peers(paths.peers_dir);
  if (!peers.ok()) return print_error(peers.error());
  Terminal terminal;
  terminal.progress("checking the contestants", 0, 0);
  const std::vector<Readiness> states = check_readiness(*peers, paths);
  terminal.clear();
  if (options.json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < peers->size(); ++i) rows.push_back(json_of((*peers)[i], states[i]));
    cli::standard_output().write(rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
  } else if (peers->empty()) {
    cli::print(cli::standard_error(), "kite: {} has no contestants\n", paths.peers_dir);
  } else {
    print_table(*peers, states);
  }
  return kOk;
}

}  // namespace kite::race
