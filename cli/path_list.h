// SPDX-License-Identifier: Apache-2.0
// A text file with one path on each line.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::cli {

// Empty lines, a byte-order mark and the carriage returns of Windows are ignored. kIo where the file cannot be read;
// kUsage where it names no path or is not text; kLimit for a line that is longer than any path.
[[nodiscard]] Result<std::vector<std::string>> read_path_list(const std::string& path);

}  // namespace kite::cli
