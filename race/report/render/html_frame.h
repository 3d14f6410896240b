// SPDX-License-Identifier: Apache-2.0
// The frame of a page: style and script inside, a policy that lets nothing else in. For the report, and for any other
// page with plots (a profile's).
#pragma once

#include <string>
#include <string_view>

namespace kite::race {

// `body` is HTML; `title` is text.
[[nodiscard]] std::string html_document(std::string_view title, std::string_view body);

}  // namespace kite::race
