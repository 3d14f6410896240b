// SPDX-License-Identifier: Apache-2.0
// perf_event_open with inherit and enable_on_exec, one read per event, so that scaling stays visible.
#include "race/spawn/helper/perf_events.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kite::race {
namespace {

struct EventSource {
  std::uint32_t type;
  std::uint64_t config;
  int leader;  // index of the event whose group it joins; its own index: it leads
};

// Groups are small enough for the counters of one hyper-thread (Intel: 3 fixed, 4 general, of which the NMI watchdog
// may use one). If a group did not fit as a whole, it would never count.
constexpr EventSource kSources[wire::kEventCount] = {
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, wire::kTaskClock},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, wire::kContextSwitches},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, wire::kCpuMigrations},
    {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, wire::kPageFaults},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, wire::kCycles},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, wire::kCycles},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, wire::kCycles},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, wire::kCycles},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, wire::kCacheReferences},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, wire::kCacheReferences},
};

int open_one(pid_t child, const EventSource& source, int group, bool user_only) {
  perf_event_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = source.type;
  attributes.config = source.config;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  attributes.inherit = 1;
  attributes.disabled = group < 0;  // a member follows its leader
  attributes.enable_on_exec = group < 0;
  attributes.exclude_kernel = user_only;
  attributes.exclude_hv = user_only;
  return static_cast<int>(syscall(SYS_perf_event_open, &attributes, child, -1, group, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

void open_events(pid_t child, PerfEvents& events) {
  for (std::uint32_t i = 0; i < wire::kEventCount; ++i) {
    const EventSource& source = kSources[i];
    int group = source.leader == static_cast<int>(i) ? -1 : events.descriptors[source.leader];
    bool user_only = false;
    int descriptor = open_one(child, source, group, user_only);
    if (descriptor < 0 && (errno == EACCES || errno == EPERM)) {
      user_only = true;
      descriptor = open_one(child, source, group, user_only);
    }
    if (descriptor < 0 && group >= 0) descriptor = open_one(child, source, -1, user_only);
    events.descriptors[i] = descriptor;
    events.errors[i] = descriptor < 0 ? errno : 0;
    events.user_only[i] = user_only;
  }
}

void read_events(PerfEvents& events, wire::EventReply* replies) {
  for (std::uint32_t i = 0; i < wire::kEventCount; ++i) {
    wire::EventReply& reply = replies[i];
    reply.error = events.errors[i];
    reply.user_only = events.user_only[i];
    if (events.descriptors[i] < 0) continue;
    std::uint64_t numbers[3];  // value, time enabled, time running
    const ssize_t got = read(events.descriptors[i], numbers, sizeof numbers);
    if (got == static_cast<ssize_t>(sizeof numbers)) {
      reply.value = numbers[0];
      reply.enabled_ns = numbers[1];
      reply.running_ns = numbers[2];
    } else {
      reply.error = got < 0 ? errno : EIO;
    }
  }
  for (int descriptor : events.descriptors) {
    if (descriptor >= 0) close(descriptor);
  }
}

}  // namespace kite::race
