// SPDX-License-Identifier: Apache-2.0
// Those files of a report that need more than the journal: profiles.html and profiles/*.svg. They are made from the
// data files that a race with --profile leaves in profiles/.
#pragma once

#include <string>

#include "race/report/write.h"

namespace kite::race {

// Empty: nothing was profiled. If a data file cannot be read, the page says so; that is not an Error.
[[nodiscard]] ReportFiles profile_files(const Journal& journal, const std::string& folder);

}  // namespace kite::race
