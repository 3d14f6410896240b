// SPDX-License-Identifier: Apache-2.0
// The machine a race ran on, for people, and in one line for --resume.
#pragma once

#include <string>

#include "race/spawn/spawner.h"

namespace kite::race {

// All but `arguments`. What the machine does not show says so ("not visible"). empty_run: Spawner::empty_run().
MachineRecord machine_record(const SpawnOutcome& empty_run);

// What must be the same for a race to go on: the facts that decide times (race/journal/machine_facts.h).
std::string environment_fingerprint(const MachineRecord& machine);

}  // namespace kite::race
