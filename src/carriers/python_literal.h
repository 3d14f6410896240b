// SPDX-License-Identifier: Apache-2.0
// The two Python literals that exporters write into metadata: {0: 'tench', 1: "goldfish's"} and [224, 224].
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite {

// A dict of int (or quoted int) to str. kInvalidModel with the byte offset otherwise.
[[nodiscard]] Result<std::map<std::int64_t, std::string>> parse_python_names(std::string_view text);

// "[224, 224]", "(224, 224)" or "224".
[[nodiscard]] Result<std::vector<std::int64_t>> parse_python_int_list(std::string_view text);

}  // namespace kite
