// SPDX-License-Identifier: Apache-2.0
// Unary and broadcast binary operators.
#include "plan/lowering.h"

namespace kite {

std::span<const LowerRule> elementwise_rules() noexcept { return {}; }

}  // namespace kite
