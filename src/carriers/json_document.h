// SPDX-License-Identifier: Apache-2.0
// JSON from files and metadata, checked before anything is built from it.
#pragma once

#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "paperkite/error.h"

namespace kite {

using Json = nlohmann::json;

// Values and keys that a document may hold, all levels together: a value takes some 100 bytes of memory, a label of 2
// bytes in the file as well. The labels of a model that has `classes` classes, with all that stands around them, stay
// far below; 0 = not known.
[[nodiscard]] std::int64_t json_value_limit(std::int64_t classes) noexcept;

// A leading UTF-8 byte order mark is skipped. kInvalidModel with the byte offset for text that is not JSON and for an
// object that names a key twice; kLimit for more than 64 levels, 16 MiB, or `most_values` values and keys.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::int64_t most_values = json_value_limit(0));

}  // namespace kite
