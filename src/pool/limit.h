// SPDX-License-Identifier: Apache-2.0
// How many threads one call of a pool may have.
#pragma once

#include "paperkite/error.h"
#include "paperkite/session.h"

namespace kite {

// kUsage where the options state a number that a Session would refuse.
[[nodiscard]] Status check_stated_threads(const SessionOptions& options);

// What the options state, at most the limit of the process.
[[nodiscard]] int most_threads(const SessionOptions& options);

}  // namespace kite
