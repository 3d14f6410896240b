// SPDX-License-Identifier: Apache-2.0
// From what a program printed to lines of words and numbers, whether it prints text, JSON or a line of JSON each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

struct Word {
  std::string text;             // ASCII letters in lower case
  bool begins_field = true;     // a tab, two blanks, or a character other than blank, "-" and "_" stands before it
  bool is_whole = false;        // digits only
  std::optional<double> score;  // a decimal number, or a percentage as a share; not where a unit follows ("1.2 ms")
};
using Line = std::vector<Word>;

[[nodiscard]] Line words_of(std::string_view line);

// The lines that hold a word. Of JSON each object and each list of plain values is one line.
// kInvalidInput: not UTF-8, nothing at all, too much, or a line that ends in the middle (an open bracket or quote).
[[nodiscard]] Result<std::vector<Line>> lines_of(std::string_view output);

// At most 60 bytes of it, printable, for a message.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace kite::race
