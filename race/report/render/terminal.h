// SPDX-License-Identifier: Apache-2.0
// Blocks as plain lines for a terminal. A picture is printed as its table; plots and folded blocks are
// only in the report.
#pragma once

#include <cstddef>
#include <string>

#include "race/report/document/document.h"

namespace kite::race {

// If a table is wider than `columns`, each value gets a line instead of each row.
[[nodiscard]] std::string terminal_text(const Blocks& blocks, std::size_t columns);

}  // namespace kite::race
