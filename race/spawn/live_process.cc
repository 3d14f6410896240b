// SPDX-License-Identifier: Apache-2.0
// Two pipes to the child, and the socket of its helper.
#include "race/spawn/live_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "race/spawn/helper/clock.h"
#include "race/spawn/outcome.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

// How often a cancellation is checked; a signal to this thread is noticed at once.
constexpr std::int64_t kCancelPollNs = 200'000'000;

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

// Writing to a pipe without a reader must return EPIPE instead of ending this program.
ssize_t write_quietly(int descriptor, const char* from, std::size_t count) {
  sigset_t pipe_signal, before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t put = write(descriptor, from, count);
  const int error = errno;
  if (put < 0 && error == EPIPE) {
    const timespec at_once{};
    while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return put;
}

std::int64_t cpu_of(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

// Calls `visit` with the folder of each thread below /proc.
template <typename Visit>
void each_thread(pid_t pid, Visit visit) {
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  DIR* folder = opendir(tasks.c_str());
  if (folder == nullptr) return;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') visit(fmt::format("{}/{}", tasks, entry->d_name));
  }
  closedir(folder);
}

// The children that any of its threads started; empty if the kernel does not list them.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  each_thread(pid, [&children](const std::string& thread) {
    const auto list = read_text(thread + "/children");
    if (!list) return;
    const char* position = list->c_str();
    for (char* end = nullptr; *position != '\0'; position = end) {
      const long child = std::strtol(position, &end, 10);
      if (end == position) break;
      children.push_back(static_cast<pid_t>(child));
    }
  });
  return children;
}

// "12 (a name) R ...": the name may contain any character, so the last parenthesis counts.
bool runs(const std::string& thread) {
  const auto text = read_text(thread + "/stat");
  const std::size_t end = text ? text->rfind(')') : std::string::npos;
  return end != std::string::npos && end + 2 < text->size() && (*text)[end + 2] == 'R';
}

bool family_runs(pid_t pid) {
  bool any = false;
  each_thread(pid, [&any](const std::string& thread) { any = any || runs(thread); });
  if (any) return true;
  const std::vector<pid_t> children = children_of(pid);
  return std::any_of(children.begin(), children.end(), family_runs);
}

std::int64_t cpu_of_family(pid_t pid) {
  std::int64_t sum = cpu_of(pid);
  for (const pid_t child : children_of(pid)) sum += cpu_of_family(child);
  return sum;
}

}  // namespace

struct LiveProcess::State {
  State(Spawner own, SpawnRequest asked) : spawner(std::move(own)), request(std::move(asked)) {}
  ~State() {
    for (int* descriptor : {&input, &output, &process}) close_if_open(*descriptor);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Spawner spawner;
  SpawnRequest request;
  Spawner::Prepared prepared;
  KeptOutput kept;
  std::uint64_t oom_before = 0;
  int input = -1, output = -1;  // our ends
  int process = -1;             // pidfd: unlike a process number, it never refers to another process later
  pid_t pid = -1;
  std::string heard;  // not returned as a line yet
  std::uint64_t heard_bytes = 0;
};

LiveProcess::LiveProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

LiveProcess::~LiveProcess() { kill(); }

Result<std::unique_ptr<LiveProcess>> LiveProcess::start(const Spawner& model, SpawnRequest request) {
  const auto failed = [&request](const char* what) {
    return Error{ErrorCode::kIo,
                 fmt::format("{}: {}", what, std::strerror(errno)),
                 request.argv.empty() ? std::string() : request.argv[0],
                 {}};
  };
  Spawner own;
  own.helper_ = model.helper_;
  own.empty_run_ = model.empty_run_;
  KITE_TRY_ASSIGN(Spawner::Prepared prepared, own.prepare(request));
  auto state = std::make_unique<State>(std::move(own), std::move(request));
  state->prepared = std::move(prepared);
  if (state->prepared.missing.status != Outcome::kOk) {
    return std::unique_ptr<LiveProcess>(new LiveProcess(std::move(state)));
  }
  KITE_TRY(state->spawner.start_helper());
  if (!state->kept.ok()) return failed("no memory for a contestant's output");
  int to_child[2] = {-1, -1}, from_child[2] = {-1, -1};
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) {
    for (int* end : {&to_child[0], &to_child[1]}) close_if_open(*end);
    return failed("no pipes for a contestant");
  }
  state->input = to_child[1];
  state->output = from_child[0];
  fcntl(state->output, F_SETFL, O_NONBLOCK);
  state->prepared.encoded.head.live = 1;
  state->oom_before = oom_kills();
  const bool sent = send_request(state->spawner.socket_, state->prepared.encoded,
                                 std::array{state->kept.output(), state->kept.errors(), to_child[0], from_child[1]});
  close_if_open(to_child[0]);
  close_if_open(from_child[1]);
  wire::Started started;
  const ExchangeEnd end =
      sent ? receive_started(state->spawner.socket_, state->request.cancelled, started) : ExchangeEnd::kHelperGone;
  const std::string where = fmt::format("while {} was started", state->request.argv[0]);
  if (end == ExchangeEnd::kCancelled) return Error{ErrorCode::kInterrupted, "interrupted", where, {}};
  if (end != ExchangeEnd::kReply) return Error{ErrorCode::kIo, "the measuring helper died", where, {}};
  state->pid = started.pid;
  if (state->pid > 0) state->process = static_cast<int>(syscall(SYS_pidfd_open, state->pid, 0));
  return std::unique_ptr<LiveProcess>(new LiveProcess(std::move(state)));
}

bool LiveProcess::alive() const {
  if (state_->process < 0) return false;
  pollfd slot{state_->process, POLLIN, 0};
  return poll(&slot, 1, 0) == 0;
}

bool LiveProcess::has_spoken() const {
  if (!state_->heard.empty()) return true;
  pollfd slot{state_->output, POLLIN, 0};
  return state_->output >= 0 && poll(&slot, 1, 0) > 0 && (slot.revents & POLLIN) != 0;
}

LiveProcess::Heard LiveProcess::read_line(std::int64_t timeout_ns, std::string& line) {
  State& state = *state_;
  const std::int64_t deadline = monotonic_ns() + timeout_ns;
  std::size_t searched = 0;
  for (;;) {
    if (const std::size_t end = state.heard.find('\n', searched); end != std::string::npos) {
      line = state.heard.substr(0, end);
      state.heard.erase(0, end + 1);
      return Heard::kLine;
    }
    searched = state.heard.size();
    if (state.output < 0) return Heard::kEnd;
    if (state.request.cancelled != nullptr && state.request.cancelled->load()) return Heard::kCancelled;
    const std::int64_t left = deadline - monotonic_ns();
    if (left <= 0) return Heard::kTimeout;
    pollfd slot{state.output, POLLIN, 0};
    if (poll(&slot, 1, static_cast<int>(std::min(left, kCancelPollNs) / 1'000'000 + 1)) <= 0) continue;
    std::array<char, 8192> bytes;
    const ssize_t got = read(state.output, bytes.data(), bytes.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) {
      close_if_open(state.output);
      continue;
    }
    state.heard.append(bytes.data(), static_cast<std::size_t>(got));
    state.heard_bytes += static_cast<std::uint64_t>(got);
    if (state.heard_bytes > state.request.standard_output.kill_bytes) return Heard::kTooMuch;
  }
}

bool LiveProcess::write_line(std::string_view line) {
  const std::string whole = fmt::format("{}\n", line);
  // A line is shorter than PIPE_BUF, which a pipe takes at once, so a line is written either completely or not at all.
  for (;;) {
    const ssize_t put = state_->input < 0 ? -1 : write_quietly(state_->input, whole.data(), whole.size());
    if (put < 0 && state_->input >= 0 && errno == EINTR) continue;
    return put == static_cast<ssize_t>(whole.size());
  }
}

void LiveProcess::close_input() { close_if_open(state_->input); }

std::int64_t LiveProcess::cpu_ns() const { return alive() ? cpu_of_family(state_->pid) : 0; }

bool LiveProcess::wants_processor() const { return alive() && family_runs(state_->pid); }

void LiveProcess::signal_group(int number) {
  if (!alive()) return;
  ::kill(-state_->pid, number);
  ::kill(state_->pid, number);  // it may have left its group
}

void LiveProcess::stop() { signal_group(SIGSTOP); }
void LiveProcess::resume() { signal_group(SIGCONT); }
void LiveProcess::kill() { signal_group(SIGKILL); }

Result<SpawnOutcome> LiveProcess::wait() {
  State& state = *state_;
  if (state.prepared.missing.status != Outcome::kOk) return state.prepared.missing;
  close_input();
  close_if_open(state.output);
  wire::Reply reply;
  switch (receive_reply(state.spawner.socket_, state.prepared.encoded, state.request.cancelled, reply)) {
    case ExchangeEnd::kReply: break;
    case ExchangeEnd::kCancelled:
      return Error{ErrorCode::kInterrupted, "interrupted", fmt::format("while {} ran", state.request.argv[0]), {}};
    default:
      return Error{ErrorCode::kIo, fmt::format("the measuring helper {}", state.spawner.end_helper()),
                   fmt::format("while {} ran", state.request.argv[0]),
                   "look for a killed kite-race-spawn in the kernel's log"};
  }
  SpawnOutcome outcome =
      outcome_of(state.request, state.prepared.program, state.prepared.encoded, reply, state.kept, state.oom_before);
  outcome.peak_rss_floor_bytes = state.spawner.empty_run_.peak_rss_floor_bytes;
  return outcome;
}

}  // namespace kite::race
