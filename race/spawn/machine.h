// SPDX-License-Identifier: Apache-2.0
// The machine a race ran on, for people, and in one line for --resume.
#pragma once

#include <map>
#include <string>

#include "race/spawn/spawner.h"

namespace kite::race {

// Keys are words for the report: "processor", "processors", "caches", "memory", "kernel", "distribution",
// "virtualisation", "governor", "turbo", "huge pages", "perf_event_paranoid", "counters", "address randomisation", ...
// What the machine does not show says so ("not visible"). empty_run: Spawner::empty_run().
std::map<std::string, std::string> machine_box(const SpawnOutcome& empty_run);

// What must be the same for a race to go on: processor, how many of them, memory in GiB, kernel, distribution,
// virtualisation, governor, turbo, huge pages, address randomisation.
std::string environment_fingerprint(const std::map<std::string, std::string>& machine);

}  // namespace kite::race
