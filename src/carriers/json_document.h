// SPDX-License-Identifier: Apache-2.0
// JSON from files and metadata, checked before anything is built from it.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "paperkite/error.h"

namespace kite {

using Json = nlohmann::json;

// A leading UTF-8 byte order mark is skipped. kInvalidModel with the byte offset for text that is not JSON and for an
// object that names a key twice; kLimit for more than 64 levels or 16 MiB.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

}  // namespace kite
