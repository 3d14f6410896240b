// SPDX-License-Identifier: Apache-2.0
// Numbers on the command line: decimal, finite, within the option's limits; everything else is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/parser/verb.h"

namespace kite::cli {

// The whole text as a number; nullopt for a sign that is not allowed, other bases, blanks, nan, inf, and numbers that
// are too large for the type.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_real(std::string_view text);
// "500MB", "1.5 GiB", "4096": a number of bytes, where k, m, g and t mean powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> parse_size_bytes(std::string_view text);

// What converts the word then sees plain decimal text.
[[nodiscard]] Values integer_within(std::int64_t least, std::int64_t most);
[[nodiscard]] Values real_within(double least, double most);
[[nodiscard]] Values size_in_bytes();

}  // namespace kite::cli
