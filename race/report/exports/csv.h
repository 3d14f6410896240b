// SPDX-License-Identifier: Apache-2.0
// The race as tables for other programs: one row for each process, picture or counter. They follow RFC 4180, with "."
// as decimal point; a value that was not measured is an empty field.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Processes of rounds and of sets (the number of a set is in the column "round"), in the order in which they ran; and
// one row without a round for every cell that could not run.
[[nodiscard]] std::string results_csv(const Analysis& analysis, const Journal& journal);

// Every sample of those processes, and of the one pass over all pictures (which has no round).
[[nodiscard]] std::string samples_csv(const Analysis& analysis, const Journal& journal);

// Every turn of every contestant in the heats: when it began in its set, its time, its processor time, the median of
// its samples, whether the process had to be stopped afterwards, and whether the turn is compared ("warm-up" and
// "disturbed" are not).
[[nodiscard]] std::string blocks_csv(const Analysis& analysis, const Journal& journal);

// Every row of `perf stat` for every cell: the median over processes, or the reason why there is none.
[[nodiscard]] std::string counters_csv(const Analysis& analysis);

}  // namespace kite::race
