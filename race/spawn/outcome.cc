// SPDX-License-Identifier: Apache-2.0
// Makes sentences, and the record of a process, from the helper's reply.
#include "race/spawn/outcome.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "race/spawn/counters.h"
#include "race/spawn/exchange.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

const char* stage_name(wire::Stage stage) {
  switch (stage) {
    case wire::Stage::kPipe: return "making its pipes";
    case wire::Stage::kClone: return "making a process";
    case wire::Stage::kGroup: return "making its process group";
    case wire::Stage::kLimits: return "setting its limits";
    case wire::Stage::kPin: return "pinning it to the processors asked for";
    case wire::Stage::kFolder: return "entering its working folder";
    case wire::Stage::kDescriptors: return "giving it its pipes";
    default: return "starting it";
  }
}

void describe_failed_start(const SpawnRequest& request, const std::string& program, const wire::Reply& reply,
                           SpawnOutcome& outcome) {
  const bool at_exec = reply.failed_stage == wire::Stage::kExec;
  const bool missing = at_exec && (reply.failed_errno == ENOENT || reply.failed_errno == ENOTDIR);
  outcome.start_errno = reply.failed_errno;
  outcome.status = missing ? Outcome::kMissing : Outcome::kFailed;
  outcome.reason = fmt::format("{}: {}", program, std::strerror(reply.failed_errno));
  if (!at_exec) {
    outcome.reason =
        fmt::format("{}: {} failed: {}", program, stage_name(reply.failed_stage), std::strerror(reply.failed_errno));
    if (reply.failed_stage == wire::Stage::kFolder) outcome.reason += " (" + request.working_folder + ")";
  } else if (missing && access(program.c_str(), F_OK) == 0 && program[0] == '/') {
    outcome.reason = program + ": the interpreter that its first line or its ELF header names is missing";
  }
}

void describe_end(const SpawnRequest& request, const wire::Reply& reply, bool out_of_memory, SpawnOutcome& outcome) {
  if (WIFEXITED(reply.wait_status)) outcome.exit_code = WEXITSTATUS(reply.wait_status);
  if (WIFSIGNALED(reply.wait_status)) outcome.signal = WTERMSIG(reply.wait_status);
  const double limit_s = static_cast<double>(request.timeout_ns) * 1e-9;
  if (reply.cut == wire::Cut::kTimeout) {
    outcome.status = Outcome::kTimeout;
    outcome.reason = fmt::format("no end within {:.3g} s", limit_s);
  } else if (reply.cut == wire::Cut::kOutput) {
    outcome.status = Outcome::kFailed;
    outcome.reason = fmt::format("killed for printing too much: {} bytes on standard output, {} on standard error",
                                 reply.standard_output.total_bytes, reply.standard_error.total_bytes);
  } else if (outcome.signal != 0) {
    outcome.status = Outcome::kFailed;
    outcome.reason = "ended by " + signal_text(outcome.signal);
    if (outcome.signal == SIGKILL && out_of_memory) outcome.reason += ": the machine ran out of memory";
    if (outcome.signal == SIGXFSZ) {
      outcome.reason += fmt::format(": it wrote a file beyond {} bytes", request.file_size_limit_bytes);
    }
  } else if (outcome.exit_code != 0) {
    outcome.status = Outcome::kFailed;
    outcome.reason = fmt::format("exit code {}", outcome.exit_code);
  }
}

void take_exit_mark(const wire::ExitReply& reply, SpawnOutcome& outcome) {
  if (reply.error != 0) {
    outcome.exit_mark_reason = fmt::format("ptrace is refused here: {}", std::strerror(reply.error));
  } else if (reply.seen == 0) {
    outcome.exit_mark_reason = "the process had ended before its exit could be read";
  } else {
    outcome.exit_mark =
        MarkRecord{"exit", reply.rss_anon_bytes, reply.rss_file_bytes, reply.pss_bytes, reply.vm_hwm_bytes};
    if (reply.pss_error != 0) {
      outcome.exit_mark_reason = fmt::format("no Pss: smaps_rollup: {}", std::strerror(reply.pss_error));
    }
  }
}

void take_usage(const wire::Reply& reply, SpawnOutcome& outcome) {
  outcome.begin_ns = reply.begin_ns;
  outcome.wall_ns = reply.end_ns - reply.begin_ns;
  if (reply.first_byte_ns != 0) outcome.label_ns = reply.first_byte_ns - reply.begin_ns;
  outcome.user_ns = reply.user_us * 1000;
  outcome.system_ns = reply.system_us * 1000;
  outcome.peak_rss_bytes = static_cast<std::uint64_t>(reply.max_rss_kib) * 1024;
  outcome.minor_faults = reply.minor_faults;
  outcome.major_faults = reply.major_faults;
  outcome.voluntary_switches = reply.voluntary_switches;
  outcome.involuntary_switches = reply.involuntary_switches;
}

void take_leaks(const wire::Reply& reply, SpawnOutcome& outcome) {
  for (std::int32_t i = 0; i < reply.leak_count && i < wire::kNamedLeaks; ++i) {
    const std::string name(reply.leak_names[i], strnlen(reply.leak_names[i], wire::kNameBytes));
    outcome.left_behind.push_back(fmt::format("{} (pid {})", name, reply.leak_pids[i]));
  }
  if (reply.leak_count > wire::kNamedLeaks) {
    outcome.left_behind.push_back(fmt::format("{} more", reply.leak_count - wire::kNamedLeaks));
  }
  if (reply.leaks_immortal > 0) {
    outcome.left_behind.push_back(fmt::format("{} of them could not be killed", reply.leaks_immortal));
  }
}

}  // namespace

// How many processes the kernel has killed since its start because memory ran out.
std::uint64_t oom_kills() {
  const auto text = read_text("/proc/vmstat");
  if (!text) return 0;
  const auto value = value_of(*text, "oom_kill");
  return value ? number_of(*value).value_or(0) : 0;
}

std::string signal_text(int number) {
  const char* name = sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{} ({})", name, strsignal(number)) : fmt::format("signal {}", number);
}

SpawnOutcome outcome_of(const SpawnRequest& request, const std::string& program, const EncodedRequest& encoded,
                        const wire::Reply& reply, const KeptOutput& kept, std::uint64_t oom_kills_before) {
  SpawnOutcome outcome;
  outcome.standard_output_bytes = reply.standard_output.total_bytes;
  outcome.standard_error_bytes = reply.standard_error.total_bytes;
  outcome.standard_output = read_kept(kept.output(), encoded.head.standard_output, reply.standard_output);
  outcome.standard_error = read_kept(kept.errors(), encoded.head.standard_error, reply.standard_error);
  if (reply.failed_stage != wire::Stage::kNone) {
    describe_failed_start(request, program, reply, outcome);
    return outcome;
  }
  take_usage(reply, outcome);
  describe_end(request, reply, oom_kills() > oom_kills_before, outcome);
  take_leaks(reply, outcome);
  if (request.trace_exit) take_exit_mark(reply.at_exit, outcome);
  outcome.counters = counter_records(encoded.head, reply, read_counter_rules());
  return outcome;
}

void fill(const SpawnRequest& request, const SpawnOutcome& outcome, ProcessRecord& record) {
  record.status = outcome.status;
  record.reason = outcome.reason;
  record.exit_code = outcome.exit_code;
  record.signal = outcome.signal;
  record.argv = request.argv;
  record.environment_padding = request.environment_padding;
  record.begin_ns = outcome.begin_ns;
  record.wall_ns = outcome.wall_ns;
  record.label_ns = outcome.label_ns;
  record.user_ns = outcome.user_ns;
  record.system_ns = outcome.system_ns;
  record.peak_rss_bytes = outcome.peak_rss_bytes;
  record.peak_rss_floor_bytes = outcome.peak_rss_floor_bytes;
  record.minor_faults = outcome.minor_faults;
  record.major_faults = outcome.major_faults;
  record.voluntary_switches = outcome.voluntary_switches;
  record.involuntary_switches = outcome.involuntary_switches;
  record.counters = outcome.counters;
  if (outcome.exit_mark) record.marks.push_back(*outcome.exit_mark);
  if (!outcome.exit_mark_reason.empty()) record.flags.push_back("exit mark: " + outcome.exit_mark_reason);
  if (!outcome.left_behind.empty()) {
    record.flags.push_back(fmt::format("left processes behind: {}", fmt::join(outcome.left_behind, ", ")));
  }
  if (outcome.standard_output_bytes > request.standard_output.keep_bytes ||
      outcome.standard_error_bytes > request.standard_error.keep_bytes) {
    record.flags.push_back("output was cut");
  }
}

}  // namespace kite::race
