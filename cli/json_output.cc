// SPDX-License-Identifier: Apache-2.0
#include "json_output.h"

#include "base/json.h"
#include "cli/output/output.h"

namespace kite::cli {

std::string json_text(const nlohmann::ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_json(const nlohmann::ordered_json& value, int indent) {
  standard_output().write(json_text(value, indent) + '\n');
}

}  // namespace kite::cli
