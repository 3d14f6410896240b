// SPDX-License-Identifier: Apache-2.0
// Makes labels and other foreign text harmless on a terminal.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace kite {

[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

// Control characters (C0, DEL, C1), bidirectional overrides and bytes that are not UTF-8 become \xNN or \u{NNNN}. Other
// characters, also a backslash, are not changed.
[[nodiscard]] std::string escape_for_terminal(std::string_view text);

// The same piece by piece, without memory: takes one character from `text`, which is not empty, and returns how it is
// shown. The result lies in `text` or in `space`.
[[nodiscard]] std::string_view take_escaped(std::string_view& text, std::array<char, 16>& space) noexcept;

}  // namespace kite
