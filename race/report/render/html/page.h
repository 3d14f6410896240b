// SPDX-License-Identifier: Apache-2.0
// report.html: the whole report as one file that needs no network and no script, for people.
#pragma once

#include <string>

#include "race/report/analysis/analysis.h"

namespace kite::race {

[[nodiscard]] std::string html_page(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
