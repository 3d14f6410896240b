// SPDX-License-Identifier: Apache-2.0
// The comparison of two races in words.
#pragma once

#include <string>

#include "race/report/analysis/compare.h"

namespace kite::race {

// A Markdown table with its warnings, for a terminal or a pull request.
[[nodiscard]] std::string changes_text(const RaceChanges& changes);

}  // namespace kite::race
