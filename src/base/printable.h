// SPDX-License-Identifier: Apache-2.0
// Makes text from foreign files safe to show in messages and on terminals.
#pragma once

#include <string>
#include <string_view>

namespace kite {

// `text` in double quotes. Quotes, backslashes, control bytes and invalid UTF-8 are escaped (\xNN), and the middle of
// anything longer than 160 bytes is replaced by "...".
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace kite
