// SPDX-License-Identifier: Apache-2.0
// Puts the frame around a body.
#include "cli/page/html_frame.h"

#include <cstddef>

#include "cli/page/base64.h"
#include "cli/page/escape.h"

namespace kite {
namespace {

int nibble(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

// A policy writes a hash in base64.
std::string base64_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(nibble(hex[i]) << 4 | nibble(hex[i + 1]));
  return base64(bytes);
}

std::string policy_of(const PageAssets& assets) {
  std::string policy = "default-src 'none'; style-src 'sha256-" + base64_of_hex(assets.style_sha256) +
                       "'; script-src 'sha256-" + base64_of_hex(assets.script_sha256) + "'; ";
  if (assets.has_pictures) policy += "img-src data:; ";
  return policy + "base-uri 'none'; form-action 'none'";
}

}  // namespace

std::string html_begin(std::string_view title, const PageAssets& assets) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"";
  page += policy_of(assets);
  page +=
      "\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>";
  page += escaped(title);
  page += "</title>\n<style>";
  page += assets.style;
  page += "</style>\n</head>\n<body>\n";
  return page;
}

std::string html_end(const PageAssets& assets) {
  std::string page = "<script>";
  page += assets.script;
  page += "</script>\n</body>\n</html>\n";
  return page;
}

std::string html_document(std::string_view title, std::string_view body, const PageAssets& assets) {
  std::string page = html_begin(title, assets);
  page += body;
  page += html_end(assets);
  return page;
}

}  // namespace kite
