// SPDX-License-Identifier: Apache-2.0
// An error as a person gets to see it.
#pragma once

#include "paperkite/error.h"

namespace kite {

// The same error, with what usually helps against errors of its code where it has no remedy of its own, and without the
// middle of texts that a hostile file has made long. Whoever shows an error to a person or hands it to another language
// does this first.
[[nodiscard]] Error presentable(Error error);

}  // namespace kite
