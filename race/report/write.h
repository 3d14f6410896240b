// SPDX-License-Identifier: Apache-2.0
// Makes all files of a report from the journal alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Names relative to the race's folder, with contents. The same journal gives the same bytes, at any time
// and in any locale.
using ReportFiles = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Result<ReportFiles> report_files(const Journal& journal);

// Writes the files into `folder`, each whole or not at all. kIo: the folder cannot be written.
[[nodiscard]] kite::Status write_report(const Journal& journal, const std::string& folder);

}  // namespace kite::race
