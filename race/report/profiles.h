// SPDX-License-Identifier: Apache-2.0
// Files of a report that the journal alone does not give: profiles.html and profiles/*.svg, from the data files that a
// race with --profile leaves in profiles/.
#pragma once

#include <string>

#include "race/report/write.h"

namespace kite::race {

// Empty where nothing was profiled. A data file that cannot be read is named on the page, and is no Error.
[[nodiscard]] ReportFiles profile_files(const Journal& journal, const std::string& folder);

}  // namespace kite::race
