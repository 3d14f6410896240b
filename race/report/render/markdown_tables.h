// SPDX-License-Identifier: Apache-2.0
// The tables of report.md, one function each; a table without rows says why.
#pragma once

#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// What page 1 is about, with parity; and the same for every measure.
[[nodiscard]] std::string verdict_table(const Analysis& analysis);
[[nodiscard]] std::string every_verdict_table(const Analysis& analysis);
[[nodiscard]] std::string best_table(const std::vector<Comparison>& rows);
[[nodiscard]] std::string control_table(const ControlResult& control);
[[nodiscard]] std::string whole_process_table(const Analysis& analysis);
[[nodiscard]] std::string phase_table(const Analysis& analysis);
[[nodiscard]] std::string launcher_table(const Analysis& analysis);
[[nodiscard]] std::string isolated_table(const Analysis& analysis, Mode mode);
[[nodiscard]] std::string percentile_table(const Analysis& analysis);
[[nodiscard]] std::string memory_table(const Analysis& analysis);
[[nodiscard]] std::string counter_tables(const Analysis& analysis);
[[nodiscard]] std::string variant_table(const Analysis& analysis);
[[nodiscard]] std::string scaling_table(const Analysis& analysis);
[[nodiscard]] std::string language_table(const Analysis& analysis);
[[nodiscard]] std::string parity_table(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
