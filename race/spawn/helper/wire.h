// SPDX-License-Identifier: Apache-2.0
// The messages between the runner and kite-race-spawn on the same machine: one request, then one reply.
//   1. A request is a RequestHead with two descriptors (SCM_RIGHTS) for the child's output, followed by `blob_bytes`
//      bytes of strings.
//   2. A live request has two more descriptors, the child's standard input and output. It is answered with Started
//      before the Reply.
#pragma once

#include <cstdint>
#include <type_traits>

namespace kite::race::wire {

inline constexpr std::uint32_t kRequestMagic = 0x3151534bu;  // "KSQ1"
inline constexpr std::uint32_t kReplyMagic = 0x3152534bu;    // "KSR1"
inline constexpr std::uint32_t kStartedMagic = 0x3153534bu;  // "KSS1"
inline constexpr int kSocket = 3;                            // the descriptor of the helper's end

inline constexpr std::uint32_t kMaxStrings = 4096;       // arguments and variables together
inline constexpr std::uint32_t kMaxBlobBytes = 1 << 20;  // half of what Linux allows (a quarter of the 8 MiB stack)
inline constexpr int kMaxCpus = 1024;                    // glibc's cpu_set_t
inline constexpr int kNamedLeaks = 16;
inline constexpr int kNameBytes = 16;  // TASK_COMM_LEN

// The perf events, in the order that is used everywhere.
enum Event : std::uint32_t {
  kTaskClock,
  kContextSwitches,
  kCpuMigrations,
  kPageFaults,
  kCycles,
  kInstructions,
  kBranches,
  kBranchMisses,
  kCacheReferences,
  kCacheMisses,
  kEventCount
};

struct StreamLimit {
  std::uint64_t keep_bytes = 0;  // the first and the last half of it; even
  std::uint64_t kill_bytes = 0;  // a child that prints more is killed
};

struct RequestHead {
  std::uint32_t magic = kRequestMagic;
  std::uint32_t blob_bytes = 0;  // folder, program, arguments, variables: each ends with a zero byte
  std::uint32_t argument_count = 0, variable_count = 0;
  std::uint32_t trace_exit = 0, count_events = 0;
  std::uint32_t live = 0, reserved = 0;
  std::uint64_t cpus[kMaxCpus / 64] = {};  // none set: those of the helper at its start
  std::int64_t timeout_ns = 0, termination_grace_ns = 0;
  StreamLimit standard_output, standard_error;
  std::uint64_t file_size_limit_bytes = 0;
};

enum class Stage : std::uint32_t {
  kNone,
  kProtocol,
  kPipe,
  kClone,
  kGroup,
  kLimits,
  kPin,
  kFolder,
  kDescriptors,
  kExec
};
enum class Cut : std::uint32_t { kNone, kTimeout, kOutput };

struct EventReply {
  std::uint64_t value = 0, enabled_ns = 0, running_ns = 0;
  std::int32_t error = 0;       // errno of perf_event_open or read
  std::uint32_t user_only = 0;  // the kernel's side was refused
};

struct StreamReply {
  std::uint64_t total_bytes = 0;
};

struct ExitReply {
  std::uint32_t seen = 0;
  std::int32_t error = 0;      // errno of PTRACE_SEIZE
  std::int32_t pss_error = 0;  // errno of reading smaps_rollup
  std::uint32_t reserved = 0;
  std::uint64_t vm_hwm_bytes = 0, rss_anon_bytes = 0, rss_file_bytes = 0, pss_bytes = 0;
};

struct Started {
  std::uint32_t magic = kStartedMagic;
  std::int32_t pid = -1;  // below 0: it does not run, and the Reply says why
};

struct Reply {
  std::uint32_t magic = kReplyMagic;
  Stage failed_stage = Stage::kNone;
  std::int32_t failed_errno = 0;
  Cut cut = Cut::kNone;
  std::int32_t wait_status = 0;
  std::int32_t pid = 0;
  std::int64_t begin_ns = 0, end_ns = 0, first_byte_ns = 0;  // CLOCK_MONOTONIC; 0: nothing was printed
  std::int64_t user_us = 0, system_us = 0;
  std::int64_t max_rss_kib = 0, minor_faults = 0, major_faults = 0, voluntary_switches = 0, involuntary_switches = 0;
  StreamReply standard_output, standard_error;
  EventReply events[kEventCount];
  ExitReply at_exit;
  std::int32_t leak_count = 0;      // descendants that outlived the child
  std::int32_t leaks_immortal = 0;  // how many of them SIGKILL did not end in time
  std::int32_t leak_pids[kNamedLeaks] = {};
  char leak_names[kNamedLeaks][kNameBytes] = {};
};

static_assert(std::is_trivially_copyable_v<RequestHead> && std::is_trivially_copyable_v<Reply> &&
              std::is_trivially_copyable_v<Started>);

}  // namespace kite::race::wire
