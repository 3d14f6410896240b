// SPDX-License-Identifier: Apache-2.0
// The race as tables for other programs: one row a process, a picture, a counter. RFC 4180, "." as decimal point, an
// empty field for what was not measured.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Processes of rounds and of sets (whose number stands in the column "round"), in the order in which they ran; and one
// row without a round for every cell of a contestant that was not there to run.
[[nodiscard]] std::string results_csv(const Analysis& analysis, const Journal& journal);

// Every sample of those processes, and of the one pass over all pictures (which has no round).
[[nodiscard]] std::string samples_csv(const Analysis& analysis, const Journal& journal);

// Every turn of every contestant in the heats: when it began within its set, its time, its processor time, the median
// of its samples, whether it had to be stopped afterwards, and whether it is compared ("warm-up", "disturbed": not).
[[nodiscard]] std::string blocks_csv(const Analysis& analysis, const Journal& journal);

// Every row of `perf stat` for every cell: the median over processes, or the reason why there is none.
[[nodiscard]] std::string counters_csv(const Analysis& analysis);

}  // namespace kite::race
