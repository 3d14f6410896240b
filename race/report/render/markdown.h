// SPDX-License-Identifier: Apache-2.0
// A document as Markdown that can be pasted into a README. A plot becomes a folded table of its values.
#pragma once

#include <string>
#include <string_view>

#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] std::string markdown(const Document& document);
[[nodiscard]] std::string markdown(const Blocks& blocks);

// Escapes text from outside for use in a line, so that no character of it starts markup or a new line.
[[nodiscard]] std::string markdown_safe(std::string_view text);

}  // namespace kite::race
