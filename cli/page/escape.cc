// SPDX-License-Identifier: Apache-2.0
// Goes through text code point by code point, and lets only well-formed UTF-8 through.
#include "cli/page/escape.h"

#include <algorithm>
#include <cstdint>

namespace kite {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The controls that turn the direction of all that follows, a percentage behind a label for example.
constexpr bool turns_direction(std::uint32_t code) noexcept {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

// Bytes of the code point at the front of `text`; 0: no well-formed one, one that XML forbids, or one that would change
// how the text around it is shown.
std::size_t length_of_code_point(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x20) return lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
  if (lead < 0x80) return lead == 0x7F ? 0 : 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3F);
  }
  const std::uint32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool control = code < 0xA0 || (code & 0xFFFE) == 0xFFFE;
  return code < least || code > 0x10FFFF || surrogate || control || turns_direction(code) ? 0 : length;
}

// `write_ascii` writes one character of ASCII; other code points are copied.
template <typename WriteAscii>
std::string written(std::string_view text, const WriteAscii& write_ascii) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of_code_point(text);
    if (length == 0) {
      out += kReplacement;
    } else if (length == 1) {
      write_ascii(text[0], out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  return written(text, [](char c, std::string& out) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  });
}

std::string json_string(std::string_view text) {
  const std::string inside = written(text, [](char c, std::string& out) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '<': out += "\\u003C"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  });
  return '"' + inside + '"';
}

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80; }));
}

}  // namespace kite
