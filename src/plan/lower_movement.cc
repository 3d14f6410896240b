// SPDX-License-Identifier: Apache-2.0
// Operators that only move elements.
#include "plan/lowering.h"

namespace kite {

std::span<const LowerRule> movement_rules() noexcept { return {}; }

}  // namespace kite
