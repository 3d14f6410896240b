// SPDX-License-Identifier: Apache-2.0
// Which known word a misspelt one was meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kite::cli {

// The word of `known` with the fewest letters to change, add or leave out; empty where more than a third of the letters
// differ. A beginning of a word is as near as a letter that differs.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace kite::cli
