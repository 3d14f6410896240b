// SPDX-License-Identifier: Apache-2.0
// The comparison of two races, for a terminal or a pull request.
#pragma once

#include "race/report/analysis/compare.h"
#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] Blocks change_blocks(const RaceChanges& changes);

}  // namespace kite::race
