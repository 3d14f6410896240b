// SPDX-License-Identifier: Apache-2.0
// kite race setup: sets up contestants, one after another. If one fails, the others are set up all the same.
#include "race/job/setup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/output/output.h"
#include "paperkite/try.h"
#include "race/commands/commands.h"
#include "race/commands/terminal.h"
#include "race/job/readiness.h"

namespace kite::race {

namespace {

Result<std::vector<FoundPeer>> named_peers(const Options& options, const std::vector<FoundPeer>& all) {
  if (options.all) return all;
  std::vector<FoundPeer> named;
  for (const std::string& name : options.names) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const FoundPeer& peer) { return peer.name == name; });
    if (at == all.end()) {
      std::string known;
      for (const FoundPeer& peer : all) known += (known.empty() ? "" : ", ") + peer.name;
      return Error{ErrorCode::kUsage, "there is no contestant \"" + name + "\"", {}, "there are " + known};
    }
    named.push_back(*at);
  }
  return named;
}

// Asks only on a terminal.
bool agreed(const Options& options, const InstallPaths& paths, std::size_t count) {
  if (options.yes || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return true;
  cli::print(cli::standard_error(), "Set up {} contestant{} in {}? [Y/n] ", count, count == 1 ? "" : "s",
             paths.homes_dir);
  const int answer = std::getchar();
  for (int c = answer; c != '\n' && c != EOF;) c = std::getchar();
  return answer == '\n' || answer == 'y' || answer == 'Y';
}

void say_ready(Terminal& terminal, const std::string& name, const std::string& since, const Readiness& state) {
  const std::string versions = versions_text(state);
  terminal.note(fmt::format("{}: ready {}{}{}", name, since, versions.empty() ? "" : ", ", versions));
}

void say_failure(Terminal& terminal, const Peer& peer, const SetupOutcome& outcome) {
  terminal.note(fmt::format("{}: setup failed with {}; the end of {}:", peer.name, outcome.exit_code, outcome.log));
  for (const std::string& line : outcome.tail) terminal.note("  " + line);
}

// True: the contestant is ready afterwards.
bool set_up_one(const Peer& peer, const InstallPaths& paths, Terminal& terminal, const std::atomic<bool>& stop) {
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed_s = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  std::string last_line;
  SetupWatch watch;
  watch.stop = &stop;
  watch.on_line = [&](std::string_view line) { last_line = line; };
  watch.on_tick = [&] { terminal.status(fmt::format("{}: {}  {}", peer.name, duration_text(elapsed_s()), last_line)); };
  const bool has_note = !peer.setup_note.empty();
  terminal.note(fmt::format("{}: setting up{}{}{}; log: {}/setup.log", peer.name, has_note ? " (" : "", peer.setup_note,
                            has_note ? ")" : "", paths.home(peer.name)));
  const auto outcome = run_setup(peer, paths, watch);
  if (!outcome.ok()) {
    terminal.clear();
    print_error(Error(outcome.error()).in(peer.name));
    return false;
  }
  if (outcome->redone) terminal.note(peer.name + ": an earlier setup had not finished, so it was started again");
  if (outcome->stopped) {
    terminal.note(peer.name + ": interrupted; the next setup starts again");
    return false;
  }
  if (!outcome->ok) {
    say_failure(terminal, peer, *outcome);
    return false;
  }
  const Readiness state = check_readiness(peer, paths);
  if (!state.ready) {
    terminal.note(
        fmt::format("{}: setup ended, but it is not ready: {}; see {}", peer.name, state.reason, outcome->log));
    return false;
  }
  say_ready(terminal, peer.name, "after " + duration_text(elapsed_s()), state);
  return true;
}

}  // namespace

int set_up(const Options& options, const InstallPaths& paths) {
  const auto all = find_peers(paths.peers_dir);
  if (!all.ok()) return print_error(all.error());
  const auto named = named_peers(options, *all);
  if (!named.ok()) return print_error(named.error());
  Terminal terminal;
  terminal.progress("checking the contestants", 0, 0);
  const std::vector<Readiness> states = check_readiness(*named, paths);
  std::vector<const Peer*> open;
  int exit_code = kOk;
  for (std::size_t i = 0; i < named->size(); ++i) {
    const FoundPeer& found = (*named)[i];
    if (!found.peer) {
      terminal.note(fmt::format("{}: {}", found.name, found.reason));
      exit_code = kSomeFailed;
    } else if (states[i].ready) {
      say_ready(terminal, found.name, "already", states[i]);
    } else if (found.peer->setup.empty()) {
      terminal.note(fmt::format("{}: not ready, and there is nothing to set up: {}", found.name, states[i].reason));
      exit_code = kSomeFailed;
    } else {
      if (!found.peer->setup_note.empty())
        terminal.note(fmt::format("{}: needs {}", found.name, found.peer->setup_note));
      open.push_back(&*found.peer);
    }
  }
  if (open.empty()) return exit_code;
  if (!agreed(options, paths, open.size())) return kSomeFailed;
  const std::atomic<bool>& stop = catch_interrupts();
  for (const Peer* peer : open) {
    if (!set_up_one(*peer, paths, terminal, stop)) exit_code = kSomeFailed;
    if (stop.load()) return kInterrupted;
  }
  return exit_code;
}

}  // namespace kite::race
