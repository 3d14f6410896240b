// SPDX-License-Identifier: Apache-2.0
// kinds.txt: why cases do not pass. Refusals are told apart by the engine's own message, other results by their case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::conformance {

enum class KindOf : std::uint8_t {
  kOutside,  // a refusal of what the engine is not for; not counted
  kRefused,  // a refusal of what it could be for
  kDiffers,  // another result than the expected one, which is not wrong
};

struct Kind {
  KindOf of = KindOf::kRefused;
  std::string pattern;  // of messages, or of case names where the result differs; * matches any characters
  std::string reason;
  int line = 0;     // in the file, from 1
  int matched = 0;  // how many cases it explains
};

// "outside | pattern | reason", "refused | ..." and "differs | ..." lines; # begins a comment. kUsage for other lines.
[[nodiscard]] Result<std::vector<Kind>> parse_kinds(std::string_view text);

[[nodiscard]] bool matches(std::string_view pattern, std::string_view text) noexcept;

// The first kind of differing results whose pattern matches a case's name, or the first of the other kinds whose
// pattern matches a message; null where there is none.
[[nodiscard]] Kind* find_difference(std::vector<Kind>& kinds, std::string_view case_name) noexcept;
[[nodiscard]] Kind* find_refusal(std::vector<Kind>& kinds, std::string_view message) noexcept;

}  // namespace kite::conformance
