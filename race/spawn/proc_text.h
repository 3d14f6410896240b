// SPDX-License-Identifier: Apache-2.0
// Small files of /proc and /sys as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kite::race {

// The text without the newline at its end. No value: it cannot be read.
std::optional<std::string> read_text(const std::string& path);

// The rest of the line that begins with `key`, without blanks and colons around it: ("MemTotal", "MemTotal: 5 kB") ->
// "5 kB".
std::optional<std::string> value_of(std::string_view text, std::string_view key);

// The number at the beginning of a text, after blanks.
std::optional<std::uint64_t> number_of(std::string_view text);

// "1-3,7" -> 4; 0: the text is not such a list.
std::int64_t cpu_list_size(std::string_view list);

}  // namespace kite::race
