// SPDX-License-Identifier: Apache-2.0
// The comparison of two races, or of two builds of one, for a terminal, for a pull request, and as a picture.
#pragma once

#include "race/report/analysis/compare.h"
#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] Blocks change_blocks(const RaceChanges& changes);

// Ratios with their intervals against the limits (without limits, against the margin); it stands alone, so it says what
// it shows.
[[nodiscard]] Plot change_plot(const RaceChanges& changes);

}  // namespace kite::race
