// SPDX-License-Identifier: Apache-2.0
// The ranges of the numbers on the command line. What is a number at all is decided by base/number_text.h, for every
// option of kite and of `kite race`.
#pragma once

#include <cstdint>

#include "cli/parser/verb.h"

namespace kite::cli {

// What converts the word then sees plain decimal text.
[[nodiscard]] Values integer_within(std::int64_t least, std::int64_t most);
[[nodiscard]] Values real_within(double least, double most);
[[nodiscard]] Values size_in_bytes();

}  // namespace kite::cli
