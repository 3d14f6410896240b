// SPDX-License-Identifier: Apache-2.0
// The files that a model consists of, for whoever must not write over them.
#pragma once

#include <string>
#include <vector>

#include "command.h"

namespace kite::cli {

// The model, its external data, and the labels and the recipe that flags name. Reads the model; what cannot be read is
// left out.
[[nodiscard]] std::vector<std::string> files_of_model(const std::string& model, const MeaningOptions& meaning);

}  // namespace kite::cli
