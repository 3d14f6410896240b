// SPDX-License-Identifier: Apache-2.0
// Which steps a run may leave out: those whose results only reach the side of a Where that its condition does not take.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/lower/lowering.h"

namespace kite {

// What a step depends on. A chain of guards ends, because the step of a guard comes after the steps that it guards.
struct Guard {
  std::uint32_t step = 0;  // the Where; 0: the step always runs
  std::uint32_t side = 0;  // the input of the Where that the step's results reach: 1 or 2
  [[nodiscard]] bool operator==(const Guard&) const noexcept = default;
};

// One for each step. A run decides about a step when it comes to it, so all conditions of its chain are computed
// before.
[[nodiscard]] std::vector<Guard> find_guards(const Lowering& lowering);

}  // namespace kite
