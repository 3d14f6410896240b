// SPDX-License-Identifier: Apache-2.0
// Numbers as decimal text, in every locale. The texts are those of std::to_chars, which brings 137 kB of tables along
// for being fast; here only a few numbers of a recipe are written.
#pragma once

#include <string>

namespace kite {

// The shortest text that is read as the same number: std::to_chars(value).
[[nodiscard]] std::string shortest_text(double value);
[[nodiscard]] std::string shortest_text(float value);
// At most so many digits, 1 to 17: std::to_chars(value, std::chars_format::general, digits).
[[nodiscard]] std::string rounded_text(double value, int digits);

}  // namespace kite
