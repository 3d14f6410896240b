// SPDX-License-Identifier: Apache-2.0
// Parses a command line with its table.
#pragma once

#include <cstdint>
#include <optional>
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
[[nodiscard]] Result<Parsed> parse(const Verb& program, std::vector<std::string> arguments,
                                   std::size_t help_column = 30);

// Numbers from `least` to `most`, both included, in each notation that the parser reads (decimal, 0x10, 1e3).
[[nodiscard]] Values between(std::int64_t least, std::int64_t most);
[[nodiscard]] Values between(double least, double most);

// A number in the notations of the parser, for other checks; it may be infinite or NaN.
[[nodiscard]] std::optional<double> read_real(const std::string& word);

}  // namespace kite::cli
