// SPDX-License-Identifier: Apache-2.0
// Writes one character as UTF-8.
#pragma once

#include <cstdint>
#include <string>

namespace kite {

// `code`: a Unicode scalar value, 0..0x10ffff without the surrogates.
inline void append_utf8(std::string& to, std::uint32_t code) {
  const auto continuation = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
    to += continuation(code);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12);
    to += continuation(code >> 6);
    to += continuation(code);
  } else {
    to += static_cast<char>(0xf0 | code >> 18);
    to += continuation(code >> 12);
    to += continuation(code >> 6);
    to += continuation(code);
  }
}

}  // namespace kite
