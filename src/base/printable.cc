// SPDX-License-Identifier: Apache-2.0
// Escaping for names that come out of model files: they may hold anything, terminal escapes included.
#include "base/printable.h"

#include <cstddef>
#include <cstdint>

namespace kite {

namespace {

constexpr std::size_t kMaxBytes = 160;
constexpr std::size_t kKeptBytes = 76;  // on either side of "..."

// Length of the well-formed UTF-8 sequence at `text[0]`; 0 when the bytes there are not one (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && at(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && at(1) > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && at(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && at(1) > 0x8F) return 0;  // above U+10FFFF
  // C1 control characters act on terminals as well.
  return lead == 0xC2 && at(1) < 0xA0 ? 0 : length;
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  while (!text.empty()) {
    const auto byte = static_cast<std::uint8_t>(text[0]);
    std::size_t length = utf8_length(text);
    if (byte == '"' || byte == '\\') {
      out += '\\';
    } else if (length == 0 || byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  if (text.size() <= kMaxBytes) {
    append_escaped(out, text);
  } else {
    append_escaped(out, text.substr(0, kKeptBytes));
    out += "...";
    append_escaped(out, text.substr(text.size() - kKeptBytes));
  }
  return out + '"';
}

}  // namespace kite
