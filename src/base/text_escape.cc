// SPDX-License-Identifier: Apache-2.0
// A UTF-8 decoder as strict as RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
#include "base/text_escape.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace kite {
namespace {

struct Decoded {
  std::uint32_t code = 0;
  std::size_t length = 0;  // bytes; 0 = not UTF-8 here
};

Decoded decode_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool outside = (code >= 0xd800 && code < 0xe000) || code > 0x10ffff;
  if (overlong || outside) return {};
  return {code, length};
}

bool harmful(std::uint32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ||  // controls; C1 starts escape sequences on some terminals
         (code >= 0x202a && code <= 0x202e) ||            // bidirectional embeddings and overrides
         (code >= 0x2066 && code <= 0x2069) || code == 0x200e || code == 0x200f || code == 0x2028 ||
         code == 0x2029;  // line and paragraph separators
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Decoded next = decode_utf8(text);
    if (next.length == 0) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

std::string_view take_escaped(std::string_view& text, std::array<char, 16>& space) noexcept {
  const Decoded next = decode_utf8(text);
  const std::string_view taken = text.substr(0, next.length == 0 ? 1 : next.length);
  text.remove_prefix(taken.size());
  if (next.length > 0 && !harmful(next.code)) return taken;
  const std::uint32_t shown = next.length == 0 ? static_cast<unsigned char>(taken[0]) : next.code;
  const int length =
      std::snprintf(space.data(), space.size(), shown < 0x100 ? "\\x%02x" : "\\u{%x}", static_cast<unsigned>(shown));
  return {space.data(), static_cast<std::size_t>(length)};
}

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::array<char, 16> space;
  while (!text.empty()) out += take_escaped(text, space);
  return out;
}

}  // namespace kite
