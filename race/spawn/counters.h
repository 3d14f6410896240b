// SPDX-License-Identifier: Apache-2.0
// The rows of `perf stat` for one process. Each has a value, or the reason why it has no value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "race/journal/record.h"
#include "race/spawn/helper/wire.h"

namespace kite::race {

// What the kernel allows; it is used in the reasons.
struct CounterRules {
  std::optional<int> perf_event_paranoid;
};
CounterRules read_counter_rules();

// In this order: task-clock (ns), cpus-utilized (task-clock / wall), context-switches, cpu-migrations, page-faults,
// cycles, instructions, branches, branch-misses, cache-references, cache-misses, user_time (ns), system_time (ns).
// If perf is refused, task-clock, context-switches and page-faults come from wait4, and their reason says so.
std::vector<CounterRecord> counter_records(const wire::RequestHead& head, const wire::Reply& reply,
                                           const CounterRules& rules);

// For the table of the machine: "hardware: cycles, instructions; software: task-clock, ...", or why
// there are no counters.
std::string describe_counters(const std::vector<CounterRecord>& counters);

}  // namespace kite::race
