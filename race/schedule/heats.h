// SPDX-License-Identifier: Apache-2.0
// Contestants that are alive at once take turns: sets of fresh processes, until the control's interval is narrow.
#pragma once

#include "paperkite/error.h"
#include "race/schedule/conductor.h"
#include "race/schedule/heat_plan.h"

namespace kite::race {

// Runs those sets of the decision's heats that are missing, one heat after another, and writes each set to the journal
// when it is complete. In a set:
//   1. the processes start one after another;
//   2. in each cycle, every process has one turn, in an order of williams_order;
//   3. all turns begin with the same input, another one in each set, so that the same pictures are compared.
[[nodiscard]] kite::Status run_heats(Conductor& conductor);

// The cost of a cell, from a pass of the same contestant in the same mode. The control has the cost of the reference.
[[nodiscard]] HeatCost heat_cost(const Conductor& conductor, std::int32_t cell);

}  // namespace kite::race
