// SPDX-License-Identifier: Apache-2.0
// kite-race: the command line, where things lie, and the verb.
#include <cstdio>

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
  const auto executable = own_executable();
  if (!executable.ok()) return report_error(executable.error());
  const auto places = find_places(*executable, options->peers_dir);
  if (!places.ok()) return report_error(places.error());
  switch (options->verb) {
    case Verb::kPeers: return list_peers(*options, *places);
    case Verb::kSetup: return set_up(*options, *places);
    default: return race(*options, *places);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int exit_code = run({argv + 1, argv + argc});
  // A full disk behind standard output must not look like success.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && exit_code == kite::race::kOk) {
    return kite::race::report_error(
        {kite::ErrorCode::kIo, "the answer could not be written", "standard output", "check the free space"});
  }
  return exit_code;
}
