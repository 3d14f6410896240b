// SPDX-License-Identifier: Apache-2.0
// The only functions that write JSON as text in this program.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "paperkite/error.h"
#include "paperkite/model.h"

namespace kite::cli {

// Names of files and tensors need not be UTF-8: other bytes become U+FFFD. `indent` < 0: one line.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& value, int indent = -1);
// Prints the same text and a newline to standard output.
void print_json(const nlohmann::ordered_json& value, int indent = -1);

// An error as an object: code, message, where, remedy.
[[nodiscard]] nlohmann::ordered_json describe_error(const Error& error);
// The nodes that a step computes together: node, op, macs of each.
[[nodiscard]] nlohmann::ordered_json describe_parts(std::span<const StepPart> parts);

}  // namespace kite::cli
