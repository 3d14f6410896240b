// SPDX-License-Identifier: Apache-2.0
// Describes the machine that a race runs on: as facts for the report, and as one line for --resume.
#pragma once

#include <string>

#include "race/spawn/spawner.h"

namespace kite::race {

// Fills all members except `arguments`. A fact that the machine does not show is "not visible". empty_run:
// Spawner::empty_run().
MachineRecord machine_record(const SpawnOutcome& empty_run);

// The facts that decide times (race/journal/machine_facts.h), in one line: a race can be resumed only if
// it is the same.
std::string environment_fingerprint(const MachineRecord& machine);

}  // namespace kite::race
