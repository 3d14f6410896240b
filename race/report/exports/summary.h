// SPDX-License-Identifier: Apache-2.0
// summary.json: whether no workload is biased, and the verdicts with the resolution of their workloads, for programs.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Only rows of ranked contestants, each with an interval. If the reference's best variant is not its plain one, the
// comparison of a contestant's best variant with that one is a row as well.
[[nodiscard]] std::string summary_json(const Analysis& analysis);

}  // namespace kite::race
