// SPDX-License-Identifier: Apache-2.0
// A plot as a file of its own.
#pragma once

#include <string>

#include "race/report/plots/plot.h"

namespace kite::race {

// It contains the style and, for flame graphs, a search, so a browser needs nothing else to show it.
[[nodiscard]] std::string standalone_svg(const Plot& plot);

}  // namespace kite::race
