// SPDX-License-Identifier: Apache-2.0
// Runs the contestant's own check command.
#include "race/job/readiness.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/cpu.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/subprocess.h"
#include "race/job/installed_size.h"
#include "race/job/setup.h"

namespace kite::race {

namespace {

constexpr int kSideBySide = 4;  // checks at once: each is a program that loads its runtime

// The versions of the last line of JSON that has {"info": {"versions": {...}}}.
std::map<std::string, std::string> versions_of(std::string_view output) {
  std::map<std::string, std::string> versions;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (!line.starts_with('{')) continue;
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object() || !object.contains("info") || !object["info"].is_object()) continue;
    const auto& info = object["info"];
    if (!info.contains("versions") || !info["versions"].is_object()) continue;
    versions.clear();
    for (const auto& [name, version] : info["versions"].items()) {
      versions[name] = version.is_string() ? version.get<std::string>()
                                           : version.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
  }
  return versions;
}

// What the setup said last, such as the compiler that it lacks; empty where it said nothing, as when it was ended.
std::string last_word_of_setup(const std::string& home) {
  constexpr std::string_view kPrefix = "setup: ";  // of the lines that a setup writes itself
  std::ifstream log(setup_log(home));
  std::string last;
  for (std::string line; std::getline(log, line);) last = std::move(line);
  return last.starts_with(kPrefix) ? ": " + last.substr(kPrefix.size()) : "";
}

}  // namespace

std::string versions_text(const Readiness& state) {
  std::string text;
  for (const auto& [name, version] : state.versions) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, version);
  }
  return text;
}

Values setup_values(const Peer& peer, const InstallPaths& paths) {
  return {{"peer", peer.folder}, {"home", paths.home(peer.name)}, {"root", paths.root}, {"kite", paths.kite}};
}

Readiness check_readiness(const Peer& peer, const InstallPaths& paths, double timeout_s) {
  Readiness state;
  if (!peer.setup.empty()) state.remedy = "kite race setup " + peer.name;
  std::error_code ignored;
  if (std::filesystem::exists(unfinished_mark(paths.home(peer.name)), ignored)) {
    state.reason = "its setup did not finish" + last_word_of_setup(paths.home(peer.name));
    return state;
  }
  if (peer.check.empty()) {
    state.ready = true;
    state.remedy.clear();
    state.installed_bytes = installed_bytes(expand(peer.files, setup_values(peer, paths)));
    return state;
  }
  SubprocessOptions options;
  options.timeout_s = timeout_s;
  options.environment = setup_environment(peer, paths);
  const std::vector<std::string> argv = expand(peer.check, setup_values(peer, paths));
  const auto result = run_subprocess(argv, options);
  if (!result.ok()) {
    const bool is_shortage = result.error().code == ErrorCode::kLimit;  // which says nothing about the contestant
    state.reason = peer.setup.empty() || is_shortage ? result.error().message() : "it is not set up";
    if (is_shortage) state.remedy = result.error().remedy;
  } else if (result->timed_out) {
    state.reason = fmt::format("its check did not end within {:g} s", timeout_s);
    if (state.remedy.empty()) state.remedy = quoted(argv);
  } else if (!result->ok()) {
    const std::string line = result->last_line();
    state.reason = line.empty() ? fmt::format("its check ended with {}", result->exit_code) : line;
    if (state.remedy.empty()) state.remedy = quoted(argv);
  } else {
    state.ready = true;
    state.remedy.clear();
    state.versions = versions_of(result->output);
  }
  if (state.ready) state.installed_bytes = installed_bytes(expand(peer.files, setup_values(peer, paths)));
  return state;
}

std::vector<Readiness> check_readiness(const std::vector<FoundPeer>& peers, const InstallPaths& paths) {
  std::vector<Readiness> states(peers.size());
  parallel_for(peers.size(), std::min(kSideBySide, default_thread_count()), [&](std::size_t i) {
    if (peers[i].peer) {
      states[i] = check_readiness(*peers[i].peer, paths);
    } else {
      states[i].reason = peers[i].reason;
    }
  });
  return states;
}

}  // namespace kite::race
