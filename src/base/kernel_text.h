// SPDX-License-Identifier: Apache-2.0
// Reading the small text files that the kernel makes in /proc and /sys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kite {

// Empty when the file cannot be read; at most 1 MiB of it.
[[nodiscard]] std::string read_kernel_text(const std::string& path);

// Takes the text up to `separator`, or all of it, off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator);

// A decimal number with nothing behind it but blanks and line ends.
[[nodiscard]] std::optional<std::int64_t> kernel_number(std::string_view text);

}  // namespace kite
