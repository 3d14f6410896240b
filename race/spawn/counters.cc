// SPDX-License-Identifier: Apache-2.0
// Makes counters from a helper's reply: the value of perf, scaled if it was multiplexed; or else that of wait4; or else
// a reason.
#include "race/spawn/counters.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

constexpr std::array<const char*, wire::kEventCount> kNames = {
    "task-clock",   "context-switches", "cpu-migrations", "page-faults",      "cycles",
    "instructions", "branches",         "branch-misses",  "cache-references", "cache-misses"};
constexpr const char* kFromWait4 = "from wait4";

bool is_hardware(std::uint32_t event) { return event >= wire::kCycles; }

std::string refusal(std::uint32_t event, int error, const CounterRules& rules) {
  const std::string paranoid =
      rules.perf_event_paranoid ? fmt::format(" (perf_event_paranoid={})", *rules.perf_event_paranoid) : std::string();
  switch (error) {
    case ENOENT:
    case EOPNOTSUPP:
    case ENODEV:
      return fmt::format("{}: this {} has no such counter",
                         error == ENOENT   ? "ENOENT"
                         : error == ENODEV ? "ENODEV"
                                           : "EOPNOTSUPP",
                         is_hardware(event) ? "processor or virtual machine" : "kernel");
    case EACCES:
    case EPERM: return fmt::format("{}: the kernel forbids it{}", error == EPERM ? "EPERM" : "EACCES", paranoid);
    case ENOSYS: return "ENOSYS: this kernel has no perf_event_open, or a sandbox hides it";
    default: return fmt::format("perf_event_open: {}", std::strerror(error));
  }
}

// The kernel counts these itself, in its own mode: without it they would read 0.
bool needs_kernel_side(std::uint32_t event) {
  return event == wire::kContextSwitches || event == wire::kCpuMigrations || event == wire::kPageFaults;
}

CounterRecord from_perf(std::uint32_t event, const wire::EventReply& reply, const CounterRules& rules) {
  CounterRecord record{kNames[event], std::nullopt, {}};
  if (reply.error != 0) {
    record.reason = refusal(event, reply.error, rules);
  } else if (reply.user_only != 0 && needs_kernel_side(event)) {
    record.reason = refusal(event, EACCES, rules);
  } else if (reply.running_ns == 0) {
    record.reason = "not counted: the processor's counters were taken by others";
  } else {
    record.value = static_cast<double>(reply.value);
    if (reply.running_ns < reply.enabled_ns) {
      const double share = static_cast<double>(reply.running_ns) / static_cast<double>(reply.enabled_ns);
      *record.value /= share;
      record.reason = fmt::format("scaled, counted {:.0f} % of the time", 100 * share);
    }
    if (reply.user_only != 0 && is_hardware(event)) {
      if (!record.reason.empty()) record.reason += "; ";
      record.reason += "user mode only";
    }
  }
  return record;
}

std::optional<double> from_wait4(std::uint32_t event, const wire::Reply& reply) {
  switch (event) {
    case wire::kTaskClock: return 1000.0 * static_cast<double>(reply.user_us + reply.system_us);
    case wire::kContextSwitches: return static_cast<double>(reply.voluntary_switches + reply.involuntary_switches);
    case wire::kPageFaults: return static_cast<double>(reply.minor_faults + reply.major_faults);
    default: return std::nullopt;
  }
}

}  // namespace

CounterRules read_counter_rules() {
  CounterRules rules;
  if (const auto text = read_text("/proc/sys/kernel/perf_event_paranoid")) {
    const bool negative = text->starts_with('-');
    if (const auto number = number_of(negative ? text->substr(1) : *text)) {
      rules.perf_event_paranoid = negative ? -static_cast<int>(*number) : static_cast<int>(*number);
    }
  }
  return rules;
}

std::vector<CounterRecord> counter_records(const wire::RequestHead& head, const wire::Reply& reply,
                                           const CounterRules& rules) {
  std::vector<CounterRecord> records;
  for (std::uint32_t event = 0; event < wire::kEventCount; ++event) {
    CounterRecord record = head.count_events != 0 ? from_perf(event, reply.events[event], rules)
                                                  : CounterRecord{kNames[event], std::nullopt, "not asked for"};
    if (!record.value) {
      record.value = from_wait4(event, reply);
      if (record.value) record.reason = fmt::format("{} ({})", kFromWait4, record.reason);
    }
    records.push_back(std::move(record));
    if (event != wire::kTaskClock) continue;
    const std::int64_t wall_ns = reply.end_ns - reply.begin_ns;
    CounterRecord used{"cpus-utilized", std::nullopt, records.back().reason};
    if (wall_ns > 0 && records.back().value) used.value = *records.back().value / static_cast<double>(wall_ns);
    records.push_back(std::move(used));
  }
  records.push_back({"user_time", 1000.0 * static_cast<double>(reply.user_us), {}});
  records.push_back({"system_time", 1000.0 * static_cast<double>(reply.system_us), {}});
  return records;
}

std::string describe_counters(const std::vector<CounterRecord>& counters) {
  std::string hardware, software, reason;
  for (std::uint32_t event = 0; event < wire::kEventCount; ++event) {
    for (const CounterRecord& counter : counters) {
      if (counter.name != kNames[event]) continue;
      std::string& list = is_hardware(event) ? hardware : software;
      if (counter.value && !counter.reason.starts_with(kFromWait4)) {
        list += (list.empty() ? "" : ", ") + counter.name;
      } else if (is_hardware(event) && reason.empty()) {
        reason = counter.reason;
      }
    }
  }
  if (hardware.empty()) hardware = fmt::format("none ({})", reason);
  if (software.empty()) software = "none (usage is wait4's)";
  return fmt::format("hardware: {}; software: {}", hardware, software);
}

}  // namespace kite::race
