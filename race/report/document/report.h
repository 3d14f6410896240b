// SPDX-License-Identifier: Apache-2.0
// A race's report as a Document.
#pragma once

#include "race/report/analysis/analysis.h"
#include "race/report/document/document.h"

namespace kite::race {

// Only the first screen, for a terminal.
[[nodiscard]] Blocks front_blocks(const Analysis& analysis);

[[nodiscard]] Document report_document(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
