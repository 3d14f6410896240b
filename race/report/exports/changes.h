// SPDX-License-Identifier: Apache-2.0
// What `kite race compare --json` prints.
#pragma once

#include <string>

#include "race/report/analysis/compare.h"

namespace kite::race {

// {"outcome", "before", "after", "limits", "rows", "programs", "warnings"}. Times are in ms, memory is in bytes, a
// limit is a share, and a value that could not be measured is null.
[[nodiscard]] std::string changes_json(const RaceChanges& changes);

}  // namespace kite::race
