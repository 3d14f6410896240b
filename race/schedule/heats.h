// SPDX-License-Identifier: Apache-2.0
// Contestants that are alive at once take turns: sets of fresh processes, until the control's interval is narrow.
#pragma once

#include "paperkite/error.h"
#include "race/schedule/conductor.h"
#include "race/schedule/heat_plan.h"

namespace kite::race {

// Runs what is missing of the decision's heats, one after another, and writes each set down when it is over. In a set
// the processes start one after another; then, in cycles of williams_order, each has a turn. All turns of a set begin
// with the same input, another in each set, so that of pictures the same ones are compared.
[[nodiscard]] kite::Status run_heats(Conductor& conductor);

// From a pass of the same contestant in the same mode; the control's is that of the reference.
[[nodiscard]] HeatCost heat_cost(const Conductor& conductor, std::int32_t cell);

}  // namespace kite::race
