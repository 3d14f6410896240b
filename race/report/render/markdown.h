// SPDX-License-Identifier: Apache-2.0
// A document as Markdown, fit to be pasted into a README. A plot is its table of values there, folded.
#pragma once

#include <string>
#include <string_view>

#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] std::string markdown(const Document& document);
[[nodiscard]] std::string markdown(const Blocks& blocks);

// Text of others inside a line: no character of it starts markup or a new line.
[[nodiscard]] std::string markdown_safe(std::string_view text);

}  // namespace kite::race
