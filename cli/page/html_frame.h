// SPDX-License-Identifier: Apache-2.0
// The frame of a page: it contains style and script, and a policy that forbids everything else. For the report of a
// race, for other pages with plots (those of profiles), and for the page of `kite classify`.
#pragma once

#include <string>
#include <string_view>

namespace kite {

// What kite_embedded_texts() of CMake makes of files. The policy admits style and script by their hashes, so that no
// text of a journal or of a file's name can add another one.
struct PageAssets {
  std::string_view style;
  std::string_view style_sha256;  // hexadecimal
  std::string_view script;
  std::string_view script_sha256;
  bool has_pictures = false;  // in data: URLs
};

// Everything before the body's content, and everything after it, for pages that are written piece by piece. `title` is
// text.
[[nodiscard]] std::string html_begin(std::string_view title, const PageAssets& assets);
[[nodiscard]] std::string html_end(const PageAssets& assets);

// `body` is HTML.
[[nodiscard]] std::string html_document(std::string_view title, std::string_view body, const PageAssets& assets);

}  // namespace kite
