// SPDX-License-Identifier: Apache-2.0
#include "json_output.h"

#include "base/json.h"
#include "base/presentable.h"
#include "cli/output/output.h"

namespace kite::cli {

std::string json_text(const nlohmann::ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_json(const nlohmann::ordered_json& value, int indent) {
  standard_output().write(json_text(value, indent) + '\n');
}

nlohmann::ordered_json describe_error(const Error& error) {
  const Error shown = presentable(error);
  return {
      {"code", error_code_name(shown.code)}, {"message", shown.what}, {"where", shown.where}, {"remedy", shown.remedy}};
}

}  // namespace kite::cli
