// SPDX-License-Identifier: Apache-2.0
// JSON as the report's files have it: keys in the order written, numbers that are no numbers as null, bytes that are no
// UTF-8 replaced, a line feed at the end.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "race/report/analysis/text.h"

namespace kite::race {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::string json_text(const Json& json);

}  // namespace kite::race
