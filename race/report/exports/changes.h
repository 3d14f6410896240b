// SPDX-License-Identifier: Apache-2.0
// What `kite race compare --json` prints.
#pragma once

#include <string>

#include "race/report/analysis/compare.h"

namespace kite::race {

// {"outcome", "before", "after", "limits", "rows", "programs", "warnings"}; times in ms, memory in bytes, a limit as a
// share, what could not be measured as null.
[[nodiscard]] std::string changes_json(const RaceChanges& changes);

}  // namespace kite::race
