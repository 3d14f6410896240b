// SPDX-License-Identifier: Apache-2.0
// The sections of a report; report.cc puts them in order.
#pragma once

#include <optional>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/document/document.h"

namespace kite::race {

// The findings, below the first screen.
[[nodiscard]] Section verdict_section(const Analysis& analysis);

// How far the findings can be trusted.
[[nodiscard]] Section noise_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section warning_section(const Analysis& analysis);
[[nodiscard]] Section failure_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section drift_section(const Analysis& analysis);

// Each contestant by itself: the study's tables, row by row, with the plots beside them.
[[nodiscard]] Section whole_program_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section isolated_section(const Analysis& analysis, const Journal& journal, Mode mode);
[[nodiscard]] Section slow_sample_section(const Analysis& analysis);
[[nodiscard]] Section phase_section(const Analysis& analysis);
[[nodiscard]] Section memory_section(const Analysis& analysis);
[[nodiscard]] Section counter_section(const Analysis& analysis);
[[nodiscard]] std::optional<Section> profile_section(const Journal& journal);  // no value: nothing was profiled

// Contestants compared with each other.
[[nodiscard]] Section variant_section(const Analysis& analysis);
[[nodiscard]] Section thread_section(const Analysis& analysis);
[[nodiscard]] Section language_section(const Analysis& analysis);
[[nodiscard]] std::optional<Section> study_section(const Analysis& analysis);  // no value: nothing was judged
[[nodiscard]] Section parity_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section comparison_section(const Analysis& analysis);

// The method, the claims that are not made, and where to find the data.
[[nodiscard]] Section method_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section refusal_section(const Analysis& analysis);
[[nodiscard]] Section contestant_section(const Journal& journal);
[[nodiscard]] Section command_section(const Analysis& analysis);
[[nodiscard]] Section file_section(const Analysis& analysis);

}  // namespace kite::race
