// SPDX-License-Identifier: Apache-2.0
// nlohmann-json writes the shortest decimals that read back as the same number, in every locale.
#include "race/report/exports/json_text.h"

namespace kite::race {

std::string json_text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

}  // namespace kite::race
