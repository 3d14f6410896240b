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

// Writes a file under another name first and then renames it, so that no reader sees an incomplete file. kIo: it cannot
// be written.
[[nodiscard]] kite::Status write_file(const std::string& path, const std::string& contents);

// Writes the files into `folder`, each with write_file. kIo: the folder cannot be written.
[[nodiscard]] kite::Status write_report(const Journal& journal, const std::string& folder);

// The same for one file.
[[nodiscard]] kite::Status write_file(const std::string& path, const std::string& contents);

}  // namespace kite::race
