// SPDX-License-Identifier: Apache-2.0
// skipped.txt: the cases that are known not to pass, each with its reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::conformance {

struct SkipLine {
  std::string pattern;  // a case name in which * matches any characters
  std::string reason;
  int line = 0;     // in the file, from 1
  int matched = 0;  // how many cases it matched
};

// "pattern<spaces>reason" lines; # begins a comment. kUsage for a line without a reason.
[[nodiscard]] Result<std::vector<SkipLine>> parse_skip_list(std::string_view text);

[[nodiscard]] bool matches(std::string_view pattern, std::string_view name) noexcept;

// The first line that matches `name`, or null.
[[nodiscard]] SkipLine* find_skip(std::vector<SkipLine>& lines, std::string_view name) noexcept;

}  // namespace kite::conformance
