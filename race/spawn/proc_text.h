// SPDX-License-Identifier: Apache-2.0
// Small files of /proc and /sys as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kite::race {

// Without the newline at its end; nullopt where it cannot be read.
std::optional<std::string> read_text(const std::string& path);

// What follows `key` on the line that begins with it, without blanks and colons around: ("MemTotal", "MemTotal: 5 kB")
// -> "5 kB".
std::optional<std::string> value_of(std::string_view text, std::string_view key);

// The number at the beginning of a text, after blanks.
std::optional<std::uint64_t> number_of(std::string_view text);

// "1-3,7" -> 4; 0 where it is no such list.
std::int64_t cpu_list_size(std::string_view list);

}  // namespace kite::race
