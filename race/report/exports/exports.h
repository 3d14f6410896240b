// SPDX-License-Identifier: Apache-2.0
// The race in the formats of other benchmark tools, for their scripts. In each format, one run is one process.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// hyperfine --export-json: whole programs only; seconds.
[[nodiscard]] std::string hyperfine_json(const Analysis& analysis, const Journal& journal);

// Google Benchmark, schema version 1: a process is a repetition; milliseconds.
[[nodiscard]] std::string google_benchmark_json(const Analysis& analysis, const Journal& journal);

// pyperf, version 1.0: a process is a run; its steady samples are the values, and the samples before
// are its warm-ups; seconds.
[[nodiscard]] std::string pyperf_json(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
