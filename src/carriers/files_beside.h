// SPDX-License-Identifier: Apache-2.0
// The files beside a model that are read for its labels and its preprocessing.
#pragma once

#include <string>
#include <vector>

namespace kite {

// Paths of those that exist, whichever of them an interpretation uses. Left out is what has the model's own name with
// the ending of a table or a text (photo.csv, photo.txt, photo.json): it may as well be an answer of an earlier run.
[[nodiscard]] std::vector<std::string> files_beside(const std::string& model_path);

}  // namespace kite
