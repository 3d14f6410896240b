// SPDX-License-Identifier: Apache-2.0
// report.md: the whole report as Markdown, fit to be pasted into a README.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

[[nodiscard]] std::string report_markdown(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
