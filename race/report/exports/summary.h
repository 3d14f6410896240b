// SPDX-License-Identifier: Apache-2.0
// summary.json: whether no place is biased, and the verdicts with the resolution of their places, for programs.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Rows of ranked contestants only, each with an interval. A contestant's best form against the reference's best form is
// a row as well where the reference's best form is not its plain one.
[[nodiscard]] std::string summary_json(const Analysis& analysis);

}  // namespace kite::race
