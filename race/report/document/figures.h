// SPDX-License-Identifier: Apache-2.0
// Which of an analysis's values a plot shows.
#pragma once

#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"
#include "race/report/plots/plots.h"

namespace kite::race {

// One plot of the main measure for a mode, all models under one another.
[[nodiscard]] std::vector<Plot> forest_plots(const Analysis& analysis, Mode mode);
// One plot for each model, track and number of threads.
[[nodiscard]] std::vector<Plot> distribution_plots(const Analysis& analysis, const Journal& journal, Mode mode);
[[nodiscard]] std::vector<Plot> sequence_plots(const Analysis& analysis, const Journal& journal, Mode mode);
[[nodiscard]] std::vector<Plot> phase_plots(const Analysis& analysis, Mode mode);
[[nodiscard]] std::vector<Plot> pareto_plots(const Analysis& analysis, Mode mode);
[[nodiscard]] std::vector<Plot> scaling_plots(const Analysis& analysis);
[[nodiscard]] std::vector<Plot> drift_plots(const Analysis& analysis);
[[nodiscard]] std::vector<Plot> parity_plots(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
