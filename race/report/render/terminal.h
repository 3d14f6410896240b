// SPDX-License-Identifier: Apache-2.0
// Blocks as plain lines for a terminal. Pictures are their tables; plots and what is folded are left to the report.
#pragma once

#include <cstddef>
#include <string>

#include "race/report/document/document.h"

namespace kite::race {

// A table that is wider than `columns` is written a line a value instead of a line a row.
[[nodiscard]] std::string terminal_text(const Blocks& blocks, std::size_t columns);

}  // namespace kite::race
