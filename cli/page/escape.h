// SPDX-License-Identifier: Apache-2.0
// Escapes text for use between tags and in quoted attributes, both in SVG and in HTML, and JSON for a page's data.
#pragma once

#include <string>
#include <string_view>

namespace kite {

// & < > " ' become references. Bytes that are not UTF-8, characters that XML forbids, and those that turn
// the direction of the text around them become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

// The same text as a JSON string with its quotes. "<" and "&" are written as \u003C and \u0026, so that nothing in it
// can end the element of the page that holds it.
[[nodiscard]] std::string json_string(std::string_view text);

// The number of code points of well-formed text, from which the width of a label is estimated.
[[nodiscard]] std::size_t code_points(std::string_view text) noexcept;

}  // namespace kite
