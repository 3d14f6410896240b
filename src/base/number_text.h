// SPDX-License-Identifier: Apache-2.0
// Numbers in the text of an option: decimal and finite; everything else is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kite {

// The whole text as a number; nullopt for a sign that is not allowed, other bases, blanks, nan, inf, and numbers that
// are too large for the type.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text);
[[nodiscard]] std::optional<double> parse_real(std::string_view text);
// "500MB", "1.5 GiB", "4096": a number of bytes, without a sign, where k, m, g and t mean powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> parse_size_bytes(std::string_view text);

}  // namespace kite
