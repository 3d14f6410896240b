// SPDX-License-Identifier: Apache-2.0
// The picture of the first screen, which is also a file of its own.
#pragma once

#include "race/report/analysis/analysis.h"
#include "race/report/document/document.h"

namespace kite::race {

[[nodiscard]] Picture standings_picture(const Analysis& analysis);

}  // namespace kite::race
