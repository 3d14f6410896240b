// SPDX-License-Identifier: Apache-2.0
// Puts the frame around a body. The policy allows style and script by their hashes, so that no text of a journal can
// add another one.
#include "race/report/render/html_frame.h"

#include <fmt/format.h>

#include <cstdint>

#include "race/report/plots/escape.h"
#include "race/report/render/assets.h"

namespace kite::race {
namespace {

std::uint32_t nibble(char digit) { return static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

// 64 hexadecimal digits as base64, which is how a policy writes a hash.
std::string base64_of_hex(std::string_view hex) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0, held = 0;
  for (const char digit : hex) {
    bits = (bits << 4) | nibble(digit);
    held += 4;
    if (held >= 6) {
      held -= 6;
      out += kDigits[(bits >> held) & 63];
      bits &= (1U << held) - 1;
    }
  }
  if (held > 0) out += kDigits[(bits << (6 - held)) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

std::string html_document(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; "
      "script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n"
      "<body>\n{}<script>{}</script>\n</body>\n</html>\n",
      base64_of_hex(kPageStyleSha256), base64_of_hex(kPageScriptSha256), escaped(title), kPageStyle, body, kPageScript);
}

}  // namespace kite::race
