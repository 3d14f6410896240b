// SPDX-License-Identifier: Apache-2.0
// The race as the verb `kite race`: the only header of it that the command line sees.
#pragma once

#include <string>
#include <vector>

namespace kite::race {

// `arguments`: those after `kite race`. Prints, and returns the exit code.
int run_race(const std::vector<std::string>& arguments);

}  // namespace kite::race
