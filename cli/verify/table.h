// SPDX-License-Identifier: Apache-2.0
// Texts in columns.
#pragma once

#include <string>
#include <vector>

namespace kite::cli {

// Lines, each ended by a newline, behind `indent` spaces. The first row is the header. Columns whose header begins with
// '>' are aligned to the right; the sign is not shown. Widths count characters, not bytes.
[[nodiscard]] std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t indent);

}  // namespace kite::cli
