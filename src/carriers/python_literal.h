// SPDX-License-Identifier: Apache-2.0
// The Python literals that exporters write: {0: 'tench', 1: "goldfish's"}, ['a', 'b'], [224, 224].
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "carriers/labels.h"
#include "paperkite/error.h"

namespace kite {

// Class names from repr() of a list or tuple of str, of a dict of int (or quoted int) to str, or of a dict of str to
// int. A whole number in the place of a name is its text. kInvalidModel otherwise, for broken text with its offset.
[[nodiscard]] Result<Labels> parse_python_names(std::string_view text);

// "[224, 224]", "(224, 224)" or "224".
[[nodiscard]] Result<std::vector<std::int64_t>> parse_python_int_list(std::string_view text);

}  // namespace kite
