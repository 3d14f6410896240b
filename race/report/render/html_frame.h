// SPDX-License-Identifier: Apache-2.0
// The frame of a page: it contains style and script, and a policy that forbids everything else. For the report and for
// other pages with plots (those of profiles).
#pragma once

#include <string>
#include <string_view>

namespace kite::race {

// `body` is HTML; `title` is text.
[[nodiscard]] std::string html_document(std::string_view title, std::string_view body);

}  // namespace kite::race
