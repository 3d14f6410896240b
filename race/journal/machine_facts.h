// SPDX-License-Identifier: Apache-2.0
// The names of a machine's facts, in the order in which a report shows them, and what each of them decides.
#pragma once

#include <array>
#include <cstdint>

#include "race/journal/record.h"

namespace kite::race {

struct MachineFact {
  enum class Kind : std::uint8_t {
    kHardware,  // two races on different hardware cannot be compared
    kSoftware,  // a difference is reported
    kMeasured   // differs a little from one race to the next on the same machine
  };
  const char* name;  // in the journal and in the report
  std::string MachineRecord::* value;
  Kind kind = Kind::kSoftware;
  bool decides_times = false;  // a race can be resumed only if this has not changed
};

// The facts that decide times are in the order of the fingerprint in PlanRecord::environment. Older races have that
// fingerprint too, so the order must not change.
inline constexpr std::array<MachineFact, 15> kMachineFacts = {{
    {"processor", &MachineRecord::processor, MachineFact::Kind::kHardware, true},
    {"processors", &MachineRecord::processors, MachineFact::Kind::kHardware, true},
    {"memory", &MachineRecord::memory, MachineFact::Kind::kHardware, true},
    {"caches", &MachineRecord::caches, MachineFact::Kind::kHardware},
    {"kernel", &MachineRecord::kernel, MachineFact::Kind::kSoftware, true},
    {"distribution", &MachineRecord::distribution, MachineFact::Kind::kSoftware, true},
    {"virtualisation", &MachineRecord::virtualisation, MachineFact::Kind::kHardware, true},
    {"governor", &MachineRecord::governor, MachineFact::Kind::kSoftware, true},
    {"huge pages", &MachineRecord::huge_pages, MachineFact::Kind::kSoftware, true},
    {"turbo", &MachineRecord::turbo, MachineFact::Kind::kSoftware, true},
    {"address randomisation", &MachineRecord::address_randomisation, MachineFact::Kind::kSoftware, true},
    {"perf_event_paranoid", &MachineRecord::perf_event_paranoid},
    {"counters", &MachineRecord::counters},
    {"smallest peak memory", &MachineRecord::smallest_peak_memory, MachineFact::Kind::kMeasured},
    {"arguments", &MachineRecord::arguments},
}};

}  // namespace kite::race
