// SPDX-License-Identifier: Apache-2.0
// JSON from files and metadata, which is checked before a document is built from it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "paperkite/error.h"

namespace kite {

using Json = nlohmann::json;

// The number of values and keys that a document may hold, over all levels. A limit is needed because each value needs
// some 100 bytes of memory, also a label of 2 bytes in the file. A file with the labels of a model with `classes`
// classes (0 = not known) and other usual content stays far below the limit.
[[nodiscard]] std::int64_t json_value_limit(std::int64_t classes) noexcept;

// A leading UTF-8 byte order mark is skipped. kInvalidModel with the byte offset for text that is not JSON and for an
// object that names a key twice; kLimit for more than 64 levels, 16 MiB, or `most_values` values and keys.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::int64_t most_values = json_value_limit(0));

}  // namespace kite
