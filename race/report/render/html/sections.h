// SPDX-License-Identifier: Apache-2.0
// The sections of the report's page, each as HTML with its own <section id>; page.cc puts them in order.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

struct Section {
  std::string id, title, html;  // html is what stands beneath the title
};

// Page 1.
[[nodiscard]] std::string masthead(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section verdict_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section noise_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section warning_section(const Analysis& analysis);

// The study's tables, row by row, with the plots beside them.
[[nodiscard]] Section whole_program_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section isolated_section(const Analysis& analysis, const Journal& journal, Mode mode);
[[nodiscard]] Section slow_sample_section(const Analysis& analysis);
[[nodiscard]] Section phase_section(const Analysis& analysis);
[[nodiscard]] Section memory_section(const Analysis& analysis);
[[nodiscard]] Section counter_section(const Analysis& analysis);
[[nodiscard]] Section variant_section(const Analysis& analysis);
[[nodiscard]] Section thread_section(const Analysis& analysis);
[[nodiscard]] Section language_section(const Analysis& analysis);
[[nodiscard]] Section parity_section(const Analysis& analysis, const Journal& journal);

// How it was found, and what is not claimed.
[[nodiscard]] Section comparison_section(const Analysis& analysis);
[[nodiscard]] Section drift_section(const Analysis& analysis);
[[nodiscard]] Section failure_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section method_section(const Analysis& analysis, const Journal& journal);
[[nodiscard]] Section refusal_section(const Analysis& analysis);
[[nodiscard]] Section contestant_section(const Journal& journal);
[[nodiscard]] Section command_section(const Analysis& analysis);
[[nodiscard]] Section file_section();

}  // namespace kite::race
