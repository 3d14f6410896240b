// SPDX-License-Identifier: Apache-2.0
// A whole race: parity, pilot, decision, rounds, heats, memory. Every process or set is in the journal before the next
// one begins.
#pragma once

#include <cstdint>

#include "paperkite/error.h"
#include "race/journal/journal.h"
#include "race/schedule/race_setup.h"

namespace kite::race {

enum class RaceEnd : std::uint8_t { kFinished, kInterrupted };

// `past`: what the writer's file held when it was opened; nothing of it is run again. An Error: the race itself cannot
// go on (the journal cannot be written, no process can be spawned). A failure of a contestant is never an Error.
//
// Rows: pass in round 0; pilot rounds 1..5; rounds 1..R; memory 1..n; sets of heats (heats.h). Whole programs race in
// rounds, with the reference between its contestants (line_up.h), in orders of williams_order; a process's place in its
// round is its position. Steady inference races in heats.
[[nodiscard]] Result<RaceEnd> run_race(const RaceSetup& setup, Journal past, JournalWriter& writer, Runner& runner,
                                       ProgressSink* sink = nullptr);

}  // namespace kite::race
