// SPDX-License-Identifier: Apache-2.0
// kite race: replaces this process by kite-race, the program beside this one, with the same arguments.
#include "race.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/installation.h"
#include "command.h"

namespace kite::cli {

int hand_over_to_race(std::vector<std::string> arguments) {
  const auto self = own_executable();
  if (!self.ok()) return report(self.error(), false);
  const std::string program = find_installation(*self).bin + "/kite-race";
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  return report(Error{ErrorCode::kIo, std::string("cannot be started: ") + std::strerror(errno), program,
                      "build it beside kite (target kite-race), or install it"},
                false);
}

Verb race_verb() {
  auto arguments = std::make_shared<std::vector<std::string>>();
  return {.name = "race",
          .summary = "Race inference stacks against each other on this machine (kite race --help)",
          .run = [arguments] { return hand_over_to_race(*arguments); },
          .rest = arguments.get()};
}

}  // namespace kite::cli
