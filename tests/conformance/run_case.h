// SPDX-License-Identifier: Apache-2.0
// One case through the float64 oracle, the portable operators, and the whole engine.
#pragma once

#include <optional>
#include <string>

#include "conformance/cases.h"

namespace kite::conformance {

// Nullopt when every output of every data set is the expected one in all three runs; else which run differs and how,
// or why it refused the case.
[[nodiscard]] std::optional<std::string> failure_of(const Case& entry);

}  // namespace kite::conformance
