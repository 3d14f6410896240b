// SPDX-License-Identifier: Apache-2.0
// Parses the command line, finds the installation, and runs the verb.
#include "race/race.h"

#include <cstdio>

#include "base/installation.h"
#include "race/commands/commands.h"

namespace kite::race {

namespace {

int run_verb(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (!options.ok()) return report_error(options.error());
  if (!options->answer.empty()) {
    std::fputs(options->answer.c_str(), stdout);
    return kOk;
  }
  if (options->verb == Verb::kReport) return remake_report(*options);
  if (options->verb == Verb::kCompare) return compare(*options);
  if (options->verb == Verb::kNoise) return noise(*options);
  const auto executable = own_executable();
  if (!executable.ok()) return report_error(executable.error());
  const auto paths = find_install_paths(*executable, options->peers_dir);
  if (!paths.ok()) return report_error(paths.error());
  switch (options->verb) {
    case Verb::kPeers: return list_peers(*options, *paths);
    case Verb::kSetup: return set_up(*options, *paths);
    default: return race(*options, *paths);
  }
}

}  // namespace

int run_race(const std::vector<std::string>& arguments) {
  const int exit_code = run_verb(arguments);
  // If standard output cannot be written (a full disk), the exit code must not be 0.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && exit_code == kOk) {
    return report_error({ErrorCode::kIo, "the answer could not be written", "standard output", "check the free space"});
  }
  return exit_code;
}

}  // namespace kite::race
