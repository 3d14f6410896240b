// SPDX-License-Identifier: Apache-2.0
// The last stage of `kite race --profile`: one profiled process for each cell of profiled_cells().
#pragma once

#include <atomic>

#include "race/commands/terminal.h"
#include "race/job/job.h"
#include "race/journal/journal.h"

namespace kite::race {

// Profiles the cells of `job` that have no profile in the journal of its folder yet. If `stop` is set, it returns early
// and without an Error. `timeout_s` is that of a process of a round.
[[nodiscard]] kite::Status profile_contestants(const Job& job, JournalWriter& writer, double timeout_s,
                                               Terminal& terminal, const std::atomic<bool>& stop);

}  // namespace kite::race
