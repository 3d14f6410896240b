// SPDX-License-Identifier: Apache-2.0
// All files of a report, made from the journal alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// Name relative to the race's folder, and contents: the same bytes for the same journal, at any time and in any locale.
using ReportFiles = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Result<ReportFiles> report_files(const Journal& journal);

// Beside its place first and then moved there, so that no reader meets half a file. kIo: it cannot be written.
[[nodiscard]] kite::Status write_file(const std::string& path, const std::string& contents);

// Writes them into `folder`, each by write_file. kIo: the folder cannot be written.
[[nodiscard]] kite::Status write_report(const Journal& journal, const std::string& folder);

// The same for one file.
[[nodiscard]] kite::Status write_file(const std::string& path, const std::string& contents);

}  // namespace kite::race
