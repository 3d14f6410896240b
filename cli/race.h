// SPDX-License-Identifier: Apache-2.0
// kite-race, the program beside this one.
#pragma once

#include <string>
#include <vector>

namespace kite::cli {

// Replaces this process by kite-race with these arguments. Returns only where it cannot be started: the exit code.
int hand_over_to_race(std::vector<std::string> arguments);

}  // namespace kite::cli
