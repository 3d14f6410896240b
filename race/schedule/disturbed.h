// SPDX-License-Identifier: Apache-2.0
// Which rounds the machine disturbed, so that they are run once more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// Rounds with a process (kRound, ok) that carries a flag of the machine: "steal", "frequency", "busy machine". A flag
// that at least half of a cell's processes carry says something of the contestant (it starts more threads than there
// are processors, say) and moves no round; nor does "more processors than asked", which another run would show again.
[[nodiscard]] std::vector<std::int32_t> disturbed_rounds(std::span<const ProcessRecord> processes);

}  // namespace kite::race
