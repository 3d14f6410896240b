// SPDX-License-Identifier: Apache-2.0
// The one way in which JSON is made into text here.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace kite::cli {

// Names of files and tensors need not be UTF-8: what is not becomes U+FFFD. `indent` < 0: one line.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& value, int indent = -1);
// The same and a newline, to standard output.
void print_json(const nlohmann::ordered_json& value, int indent = -1);

}  // namespace kite::cli
