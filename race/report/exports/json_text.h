// SPDX-License-Identifier: Apache-2.0
// JSON for the report's files: keys remain in the order in which they were added, NaN and infinity are null, bytes that
// are not UTF-8 are replaced, and the text ends with a line feed.
#pragma once

#include <string>

#include "base/json.h"
#include "race/report/analysis/text.h"

namespace kite::race {

using Json = nlohmann::ordered_json;

[[nodiscard]] std::string json_text(const Json& json);

}  // namespace kite::race
