// SPDX-License-Identifier: Apache-2.0
// A plot as a file of its own.
#pragma once

#include <string>

#include "race/report/plots/plot.h"

namespace kite::race {

// With the style inside, and for flame graphs a search; opened by a browser, it needs nothing else.
[[nodiscard]] std::string standalone_svg(const Plot& plot);

}  // namespace kite::race
