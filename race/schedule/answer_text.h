// SPDX-License-Identifier: Apache-2.0
// Splits the output of a program into lines of words and numbers: plain text, one JSON document, or JSON lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::race {

struct Word {
  std::string text;             // ASCII letters in lower case
  bool begins_field = true;     // the character before it is a tab, a second blank, or none of blank, "-" and "_"
  bool is_whole = false;        // digits only
  std::optional<double> score;  // a decimal number, or a percentage as a share; absent if a unit follows ("1.2 ms")
};
using Line = std::vector<Word>;

[[nodiscard]] Line words_of(std::string_view line);

// The lines that hold a word. In JSON, each object and each list of plain values is one line.
// kInvalidInput: the output is empty, too long or not UTF-8, or a line ends in the middle (an open bracket or quote).
[[nodiscard]] Result<std::vector<Line>> lines_of(std::string_view output);

// The first 60 bytes at most, printable, for a message.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace kite::race
