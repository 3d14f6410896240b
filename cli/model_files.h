// SPDX-License-Identifier: Apache-2.0
// The files that belong to a model, so that no output is written over them.
#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "paperkite/error.h"

namespace kite::cli {

// The model, its external data, and the files of labels and recipe that flags name. Reads the model; files that cannot
// be read are left out.
[[nodiscard]] std::vector<std::string> files_of_model(const std::string& named, const MeaningOptions& meaning);

// The files and folders in which everything lies that a model may be read from, found without reading it. kUsage for a
// zip, which is unpacked into files.
[[nodiscard]] Result<std::vector<std::string>> places_of_model(const std::string& named, const MeaningOptions& meaning);

}  // namespace kite::cli
