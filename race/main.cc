// SPDX-License-Identifier: Apache-2.0
// kite-race: parses the command line, finds the installation, and runs the verb.
#include <cstdio>

#include "base/installation.h"
#include "race/commands/commands.h"

namespace {

int run(const std::vector<std::string>& arguments) {
  using namespace kite::race;  // NOLINT(google-build-using-namespace): the whole program lives there
  const auto options = parse_options(arguments);
  if (!options.ok()) return report_error(options.error());
  if (!options->answer.empty()) {
    std::fputs(options->answer.c_str(), stdout);
    return kOk;
  }
  if (options->verb == Verb::kReport) return remake_report(*options);
  if (options->verb == Verb::kCompare) return compare(*options);
  if (options->verb == Verb::kNoise) return noise(*options);
  const auto executable = kite::own_executable();
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

int main(int argc, char** argv) {
  const int exit_code = run({argv + 1, argv + argc});
  // If standard output cannot be written (a full disk), the exit code must not be 0.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && exit_code == kite::race::kOk) {
    return kite::race::report_error(
        {kite::ErrorCode::kIo, "the answer could not be written", "standard output", "check the free space"});
  }
  return exit_code;
}
