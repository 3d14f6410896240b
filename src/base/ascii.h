// SPDX-License-Identifier: Apache-2.0
// Words of foreign text, in the same way in every locale: names are compared without regard to case, and blanks around
// them say nothing. Bytes beyond ASCII stay as they are, so text in UTF-8 stays UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace kite {

inline constexpr std::string_view kBlanks = " \t\r\n\v\f";

// Without the blanks at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// A to Z become a to z.
[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lower;
}

}  // namespace kite
