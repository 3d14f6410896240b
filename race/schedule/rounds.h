// SPDX-License-Identifier: Apache-2.0
// A whole race: parity, pilot, decision, rounds, heats, memory; every process or set in the journal before the next
// begins.
#pragma once

#include <cstdint>

#include "paperkite/error.h"
#include "race/journal/journal.h"
#include "race/schedule/race_setup.h"

namespace kite::race {

enum class RaceEnd : std::uint8_t { kFinished, kInterrupted };

// `past` is what the writer's file held when it was opened; what stands there is not run again. An Error is the race's
// own (journal cannot be written, nothing can be spawned), never a contestant's.
//
// Rows: pass in round 0; pilot rounds 1..5; rounds 1..R; memory 1..n; sets of heats (heats.h). Whole programs race in
// rounds, with the reference between its contestants (line_up.h), in orders of williams_order; a process's place in its
// round is its position. Steady inference races in heats.
[[nodiscard]] Result<RaceEnd> run_race(const RaceSetup& setup, Journal past, JournalWriter& writer, Runner& runner,
                                       ProgressSink* sink = nullptr);

}  // namespace kite::race
