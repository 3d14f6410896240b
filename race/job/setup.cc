// SPDX-License-Identifier: Apache-2.0
// A mark is written before the first byte and removed after the last one: what carries it was cut short.
#include "race/job/setup.h"

#include <fmt/format.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "base/folder_reader.h"
#include "base/subprocess.h"
#include "cli/output/output_file.h"
#include "paperkite/try.h"
#include "race/job/readiness.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t kTailLines = 15;
constexpr double kLongestSetup_s = 4 * 3600;  // a compiler's hour on a small machine, with room

Error io_error(const std::string& what, const std::error_code& failed, const std::string& where) {
  return Error{ErrorCode::kIo, what + ": " + failed.message(), where, "check the folder's owner and the free space"};
}

// An empty home with the mark in it; true where a half-made one had to go.
Result<bool> begin_home(const std::string& home) {
  std::error_code failed;
  const bool redone = fs::exists(unfinished_mark(home), failed);
  if (redone) {
    remove_folder(home);
    if (fs::exists(home, failed)) {
      return Error{ErrorCode::kIo, "the half-made home cannot be removed", home, "check the folder's owner"};
    }
  }
  fs::create_directories(home, failed);
  if (failed) return io_error("the home cannot be made", failed, home);
  KITE_TRY(cli::write_file(unfinished_mark(home), "setup began and has not ended\n"));
  return redone;
}

}  // namespace

std::string unfinished_mark(const std::string& home) { return home + "/setup.unfinished"; }

std::string setup_log(const std::string& home) { return home + "/setup.log"; }

std::map<std::string, std::string> setup_environment(const Peer& peer, const InstallPaths& paths) {
  return {{"KITE_PEER_HOME", paths.home(peer.name)}, {"KITE_PEER_DIR", peer.folder}, {"KITE_ROOT", paths.root}};
}

Result<SetupOutcome> run_setup(const Peer& peer, const InstallPaths& paths, const SetupWatch& watch) {
  SetupOutcome outcome;
  const std::string home = paths.home(peer.name);
  KITE_TRY_ASSIGN(outcome.redone, begin_home(home));
  outcome.log = setup_log(home);
  std::ofstream log(outcome.log, std::ios::trunc);
  if (!log) return Error{ErrorCode::kIo, "cannot write", outcome.log, "check the free space"};
  std::deque<std::string> tail;
  SubprocessOptions options;
  options.timeout_s = kLongestSetup_s;
  options.environment = setup_environment(peer, paths);
  options.folder = peer.folder;
  options.stop = watch.stop;
  options.on_tick = watch.on_tick;
  options.on_line = [&](std::string_view line) {
    log << line << '\n' << std::flush;
    tail.emplace_back(line);
    if (tail.size() > kTailLines) tail.pop_front();
    if (watch.on_line) watch.on_line(line);
  };
  KITE_TRY_ASSIGN(const SubprocessResult result,
                  run_subprocess(expand(peer.setup, setup_values(peer, paths)), options));
  outcome.exit_code = result.exit_code;
  outcome.stopped = result.stopped;
  outcome.ok = result.ok();
  outcome.tail.assign(tail.begin(), tail.end());
  std::error_code failed;
  if (outcome.ok && !fs::remove(unfinished_mark(home), failed))
    return io_error("cannot be removed", failed, unfinished_mark(home));
  return outcome;
}

}  // namespace kite::race
