// SPDX-License-Identifier: Apache-2.0
// Starts and ends the helper, and runs one command after another with it.
#include "race/spawn/spawner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/spawn_actions.h"
#include "base/subprocess.h"
#include "paperkite/try.h"
#include "race/spawn/affinity.h"
#include "race/spawn/environment.h"
#include "race/spawn/exchange.h"
#include "race/spawn/outcome.h"

namespace kite::race {
namespace {

Error io_error(std::string what, std::string where = {}, std::string remedy = {}) {
  return Error{ErrorCode::kIo, std::move(what), std::move(where), std::move(remedy)};
}

std::string beside_this_program() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "kite-race-spawn";
  const std::string whole(path, static_cast<std::size_t>(length));
  return whole.substr(0, whole.rfind('/') + 1) + "kite-race-spawn";
}

}  // namespace

Result<Spawner> Spawner::start(const SpawnerOptions& options) {
  Spawner spawner;
  spawner.helper_ = options.helper.empty() ? beside_this_program() : options.helper;
  KITE_TRY(spawner.start_helper());
  SpawnRequest empty;
  empty.argv = {spawner.helper_, "empty"};
  KITE_TRY_ASSIGN(spawner.empty_run_, spawner.run(empty));
  if (spawner.empty_run_.status != Outcome::kOk) {
    const int code = spawner.empty_run_.start_errno;
    if (code != 0) return start_error(code, "an empty program does not run: ", spawner.helper_);
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
  SpawnActions actions;
  actions.duplicate(far_end, wire::kSocket);
  for (int standard = 0; standard < 3; ++standard) {
    actions.open(standard, "/dev/null", O_RDWR);
  }
  actions.close_from(wire::kSocket + 1);
  char* const arguments[] = {helper_.data(), nullptr};
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  int error = far_end < 0 ? EMFILE : actions.failure();
  if (error == 0) error = posix_spawn(&pid, helper_.c_str(), actions.get(), nullptr, arguments, environment);
  if (far_end >= 0) close(far_end);
  if (error != 0) {
    close(sockets[0]);
    return start_error(error, "the measuring helper does not start: ", helper_,
                       "build or install kite-race-spawn beside kite");
  }
  helper_pid_ = pid;
  socket_ = sockets[0];
  return {};
}

std::string Spawner::end_helper() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  if (helper_pid_ <= 0) return "was not running";
  // The helper kills its child and the child's descendants before it ends. It is killed itself only if it hangs.
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
  KITE_TRY_ASSIGN(const Prepared prepared, prepare(request));
  SpawnOutcome outcome = prepared.missing;
  if (outcome.status != Outcome::kOk) return outcome;
  const std::uint64_t oom_before = oom_kills();
  std::string deaths;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (helper_pid_ <= 0) KITE_TRY(start_helper());
    const KeptOutput kept;
    if (!kept.ok()) return io_error(fmt::format("no memory for a contestant's output: {}", std::strerror(errno)));
    wire::Reply reply;
    ExchangeEnd end = ExchangeEnd::kHelperGone;
    {
      const PinnedThread out_of_the_way(cpus_without(allowed_cpus(), request.cpus));
      if (send_request(socket_, prepared.encoded, std::array{kept.output(), kept.errors()})) {
        end = receive_reply(socket_, prepared.encoded, request.cancelled, reply);
      }
    }
    if (end == ExchangeEnd::kReply) {
      outcome = outcome_of(request, prepared.program, prepared.encoded, reply, kept, oom_before);
      outcome.peak_rss_floor_bytes = empty_run_.peak_rss_floor_bytes;
      return outcome;
    }
    if (end == ExchangeEnd::kCancelled) {
      end_helper();
      return Error{ErrorCode::kInterrupted, "interrupted", fmt::format("while {} ran", request.argv[0]), {}};
    }
    if (end == ExchangeEnd::kHelperStuck) kill(helper_pid_, SIGKILL);
    deaths += (deaths.empty() ? "" : ", then ") + end_helper();
  }
  return io_error(fmt::format("the measuring helper died twice ({})", deaths),
                  fmt::format("while {} ran", request.argv[0]),
                  "look for a killed kite-race-spawn in the kernel's log");
}

Result<Spawner::Prepared> Spawner::prepare(const SpawnRequest& request) const {
  const std::vector<std::string> environment = child_environment(request.environment, request.environment_padding);
  const auto own_path = request.environment.find("PATH");
  const std::string path = own_path != request.environment.end() ? own_path->second : clean_environment().at("PATH");
  const std::string name = request.argv.empty() ? std::string() : request.argv[0];
  const std::optional<std::string> program = find_program(name, path);
  Prepared prepared;
  prepared.program = program.value_or(name);
  KITE_TRY_ASSIGN(prepared.encoded, encode(request, prepared.program, environment));
  prepared.missing.peak_rss_floor_bytes = empty_run_.peak_rss_floor_bytes;
  if (!program) {
    prepared.missing.status = Outcome::kMissing;
    prepared.missing.reason = fmt::format("{}: no such program in {}", name, path);
  }
  return prepared;
}

}  // namespace kite::race
