// SPDX-License-Identifier: Apache-2.0
// The end of `kite race --profile`: one profiled process for each cell worth one.
#pragma once

#include <atomic>

#include "race/commands/terminal.h"
#include "race/job/job.h"
#include "race/journal/journal.h"

namespace kite::race {

// Profiles what the race of `job` has not profiled yet; the journal of its folder knows. Returns early, and fine, where
// `stop` is set. `timeout_s` is that of a process of a round.
[[nodiscard]] kite::Status profile_contestants(const Job& job, JournalWriter& writer, double timeout_s,
                                               Terminal& terminal, const std::atomic<bool>& stop);

}  // namespace kite::race
