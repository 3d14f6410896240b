// SPDX-License-Identifier: Apache-2.0
// The helper's life, and from its replies to outcomes that people can read.
#include "race/spawn/spawner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "paperkite/try.h"
#include "race/spawn/affinity.h"
#include "race/spawn/counters.h"
#include "race/spawn/environment.h"
#include "race/spawn/exchange.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

Error io_error(std::string what, std::string where = {}, std::string remedy = {}) {
  return Error{ErrorCode::kIo, std::move(what), std::move(where), std::move(remedy)};
}

// An anonymous file for what the child prints: it takes part in neither the helper's memory nor the disk.
class KeptOutput {
 public:
  explicit KeptOutput(const char* name) : descriptor_(memfd_create(name, MFD_CLOEXEC)) {}
  ~KeptOutput() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  KeptOutput(const KeptOutput&) = delete;
  KeptOutput& operator=(const KeptOutput&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string beside_this_program() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "kite-race-spawn";
  const std::string whole(path, static_cast<std::size_t>(length));
  return whole.substr(0, whole.rfind('/') + 1) + "kite-race-spawn";
}

// How often the kernel has killed a process for want of memory since it started.
std::uint64_t oom_kills() {
  const auto text = read_text("/proc/vmstat");
  if (!text) return 0;
  const auto value = value_of(*text, "oom_kill");
  return value ? number_of(*value).value_or(0) : 0;
}

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

std::string signal_text(int number) {
  const char* name = sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{} ({})", name, strsignal(number)) : fmt::format("signal {}", number);
}

void describe_failed_start(const SpawnRequest& request, const std::string& program, const wire::Reply& reply,
                           SpawnOutcome& outcome) {
  const bool at_exec = reply.failed_stage == wire::Stage::kExec;
  const bool missing = at_exec && (reply.failed_errno == ENOENT || reply.failed_errno == ENOTDIR);
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
    outcome.exit_mark_reason = "the process was gone before its exit could be looked at";
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

Result<Spawner> Spawner::start(const SpawnerOptions& options) {
  Spawner spawner;
  spawner.helper_ = options.helper.empty() ? beside_this_program() : options.helper;
  KITE_TRY(spawner.start_helper());
  SpawnRequest empty;
  empty.argv = {spawner.helper_, "empty"};
  KITE_TRY_ASSIGN(spawner.empty_run_, spawner.run(empty));
  if (spawner.empty_run_.status != Outcome::kOk) {
    return io_error("an empty program does not run: " + spawner.empty_run_.reason, spawner.helper_);
  }
  spawner.empty_run_.peak_rss_floor_bytes = spawner.empty_run_.peak_rss_bytes;
  return spawner;
}

kite::Status Spawner::start_helper() {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    return io_error(fmt::format("no socket for the measuring helper: {}", std::strerror(errno)));
  }
  // dup2 onto itself would leave close-on-exec set, so the helper's end must not be descriptor 3 already.
  const int far_end = fcntl(sockets[1], F_DUPFD_CLOEXEC, wire::kSocket + 1);
  close(sockets[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, far_end, wire::kSocket);
  for (int standard = 0; standard < 3; ++standard) {
    posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, wire::kSocket + 1);
  char* const arguments[] = {helper_.data(), nullptr};
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  const int error =
      far_end < 0 ? EMFILE : posix_spawn(&pid, helper_.c_str(), &actions, nullptr, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  if (far_end >= 0) close(far_end);
  if (error != 0) {
    close(sockets[0]);
    return io_error(fmt::format("the measuring helper does not start: {}", std::strerror(error)), helper_,
                    "it is built and installed beside kite-race as kite-race-spawn");
  }
  helper_pid_ = pid;
  socket_ = sockets[0];
  return {};
}

std::string Spawner::end_helper() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  if (helper_pid_ <= 0) return "was not running";
  // It kills its child and sweeps up before it goes; only one that hangs is killed itself.
  int status = 0;
  pid_t reaped = 0;
  for (int waited_ms = 0; waited_ms < 10'000; waited_ms += 5) {
    reaped = waitpid(helper_pid_, &status, WNOHANG);
    if (reaped != 0 && !(reaped < 0 && errno == EINTR)) break;
    usleep(5000);
  }
  if (reaped == 0) {
    kill(helper_pid_, SIGKILL);
    waitpid(helper_pid_, &status, 0);
  }
  helper_pid_ = -1;
  if (WIFSIGNALED(status)) return "ended by " + signal_text(WTERMSIG(status));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

Spawner::~Spawner() {
  if (helper_pid_ > 0) end_helper();
}

Spawner::Spawner(Spawner&& other) noexcept
    : helper_(std::move(other.helper_)),
      helper_pid_(std::exchange(other.helper_pid_, -1)),
      socket_(std::exchange(other.socket_, -1)),
      empty_run_(std::move(other.empty_run_)) {}

Spawner& Spawner::operator=(Spawner&& other) noexcept {
  std::swap(helper_, other.helper_);
  std::swap(helper_pid_, other.helper_pid_);
  std::swap(socket_, other.socket_);
  std::swap(empty_run_, other.empty_run_);
  return *this;
}

Result<SpawnOutcome> Spawner::run(const SpawnRequest& request) {
  const std::vector<std::string> environment = child_environment(request.environment, request.environment_padding);
  const auto own_path = request.environment.find("PATH");
  const std::string path = own_path != request.environment.end() ? own_path->second : clean_environment().at("PATH");
  const std::string name = request.argv.empty() ? std::string() : request.argv[0];
  const std::optional<std::string> program = find_program(name, path);
  KITE_TRY_ASSIGN(const EncodedRequest encoded, encode(request, program.value_or(name), environment));
  SpawnOutcome outcome;
  outcome.peak_rss_floor_bytes = empty_run_.peak_rss_floor_bytes;
  if (!program) {
    outcome.status = Outcome::kMissing;
    outcome.reason = fmt::format("{}: no such program in {}", name, path);
    return outcome;
  }
  const std::uint64_t oom_before = oom_kills();
  std::string deaths;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (helper_pid_ <= 0) KITE_TRY(start_helper());
    KeptOutput output("standard-output"), errors("standard-error");
    if (output.descriptor() < 0 || errors.descriptor() < 0) {
      return io_error(fmt::format("no memory for a contestant's output: {}", std::strerror(errno)));
    }
    wire::Reply reply;
    ExchangeEnd end;
    {
      const PinnedThread out_of_the_way(cpus_without(allowed_cpus(), request.cpus));
      end = exchange(socket_, encoded, output.descriptor(), errors.descriptor(), request.cancelled, reply);
    }
    if (end == ExchangeEnd::kReply) {
      outcome.standard_output_bytes = reply.standard_output.total_bytes;
      outcome.standard_error_bytes = reply.standard_error.total_bytes;
      outcome.standard_output = read_kept(output.descriptor(), encoded.head.standard_output, reply.standard_output);
      outcome.standard_error = read_kept(errors.descriptor(), encoded.head.standard_error, reply.standard_error);
      if (reply.failed_stage != wire::Stage::kNone) {
        describe_failed_start(request, *program, reply, outcome);
        return outcome;
      }
      take_usage(reply, outcome);
      describe_end(request, reply, oom_kills() > oom_before, outcome);
      take_leaks(reply, outcome);
      if (request.trace_exit) take_exit_mark(reply.at_exit, outcome);
      outcome.counters = counter_records(encoded.head, reply, read_counter_rules());
      return outcome;
    }
    if (end == ExchangeEnd::kCancelled) {
      end_helper();
      return io_error("interrupted", fmt::format("while {} ran", name));
    }
    if (end == ExchangeEnd::kHelperStuck) kill(helper_pid_, SIGKILL);
    deaths += (deaths.empty() ? "" : ", then ") + end_helper();
  }
  return io_error(fmt::format("the measuring helper died twice ({})", deaths), fmt::format("while {} ran", name),
                  "look for a killed kite-race-spawn in the kernel's log");
}

}  // namespace kite::race
