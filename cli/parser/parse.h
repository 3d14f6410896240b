// SPDX-License-Identifier: Apache-2.0
// Parses a command line with its table.
#pragma once

#include <string>
#include <vector>

#include "cli/parser/verb.h"
#include "paperkite/error.h"

namespace kite::cli {

struct Parsed {
  const Verb* verb = nullptr;  // the innermost named verb; the program itself without one
  std::string answer;          // of --help and --version: to be printed instead of running the verb
};

// Fills what `program`'s options go into from `arguments`, argv without the program's name. Help texts begin in column
// `help_column`. kUsage: what is wrong with the command line.
// Numbers are those of base/number_text.h, in every option, and no option takes an empty value.
[[nodiscard]] Result<Parsed> parse(const Verb& program, std::vector<std::string> arguments,
                                   std::size_t help_column = 30);

}  // namespace kite::cli
