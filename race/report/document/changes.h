// SPDX-License-Identifier: Apache-2.0
// The comparison of two races, or of two builds of one race, for a terminal, for a pull request, and as a picture.
#pragma once

#include "race/report/analysis/compare.h"
#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] Blocks change_blocks(const RaceChanges& changes);

// A plot of ratios with their intervals and the limits (without limits, the margin). It is a file of its own, so it
// contains a text that says what it shows.
[[nodiscard]] Plot change_plot(const RaceChanges& changes);

}  // namespace kite::race
