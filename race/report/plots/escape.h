// SPDX-License-Identifier: Apache-2.0
// Text as it may stand between tags and in quoted attributes, of SVG and of HTML alike.
#pragma once

#include <string>
#include <string_view>

namespace kite::race {

// & < > " ' become references; bytes that are no UTF-8 and characters that XML forbids become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

// Code points of well-formed text; the width of a label is reckoned from it.
[[nodiscard]] std::size_t code_points(std::string_view text) noexcept;

}  // namespace kite::race
