// SPDX-License-Identifier: Apache-2.0
// Parses the command line, finds the installation, and runs the verb.
#include "race/race.h"

#include "base/installation.h"
#include "cli/output/output.h"
#include "race/commands/commands.h"

namespace kite::race {

int run_race(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (!options.ok()) return print_error(options.error());
  if (!options->answer.empty()) {
    cli::standard_output().write(options->answer);
    return kOk;
  }
  if (options->verb == Verb::kReport) return remake_report(*options);
  if (options->verb == Verb::kCompare) return compare(*options);
  if (options->verb == Verb::kNoise) return noise(*options);
  const auto executable = own_executable();
  if (!executable.ok()) return print_error(executable.error());
  const auto paths = find_install_paths(*executable, options->peers_dir);
  if (!paths.ok()) return print_error(paths.error());
  switch (options->verb) {
    case Verb::kPeers: return list_peers(*options, *paths);
    case Verb::kSetup: return set_up(*options, *paths);
    default: return race(*options, *paths);
  }
}

}  // namespace kite::race
