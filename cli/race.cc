// SPDX-License-Identifier: Apache-2.0
// kite race: the command line of race/ begins behind the verb, and it reads that itself.
#include "race/race.h"

#include <memory>

#include "command.h"

namespace kite::cli {

Verb race_verb() {
  auto arguments = std::make_shared<std::vector<std::string>>();
  return {.name = "race",
          .summary = "Race inference stacks against each other on this machine (kite race --help)",
          .run = [arguments] { return race::run_race(*arguments); },
          .rest = arguments.get()};
}

}  // namespace kite::cli
