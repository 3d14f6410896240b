// SPDX-License-Identifier: Apache-2.0
// fork(), the sandbox, and a pipe that tells what is finished and whether anybody is left.
#include "cli/sandbox/sandboxed_work.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "cli/output/interrupt.h"
#include "cli/output/output.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

Error no_process(const char* call) {
  return Error{ErrorCode::kLimit,
               std::string("the sandbox could not be made: ") + call + ": " + std::strerror(errno),
               {},
               "allow more processes, or leave --sandbox out"};
}

// Signals wait while the child has no handler for them.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&blocked, number);
    ::sigprocmask(SIG_BLOCK, &blocked, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// In the child, until it is ready for foreign files.
Status enter(SandboxRules rules, int version, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kInterrupted);  // it ended before
  // The threads to start, the processors to count: the same files as without a sandbox.
  for (const char* path :
       {"/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/fs/cgroup"}) {
    rules.readable.emplace_back(path);
  }
  rules.writable.insert(rules.writable.end(), {STDOUT_FILENO, STDERR_FILENO});
  KITE_TRY(refuse_paths(rules, version));
  KITE_TRY(refuse_system_calls(rules));
  print(standard_error(), "kite: sandbox: Landlock version {}, seccomp\n", version);
  return {};
}

// Until the child closes its end of the pipe, which is when it ends. Returns what it said.
std::uint64_t listen(int from_child, pid_t child) {
  constexpr int kPatienceMs = 100;  // a signal between the check and poll() is noticed after this time
  std::uint64_t finished = 0;
  bool has_passed_on = false;
  for (;;) {
    pollfd input{from_child, POLLIN, 0};
    const int ready = ::poll(&input, 1, kPatienceMs);
    if (is_interrupted() && !std::exchange(has_passed_on, true)) ::kill(child, SIGUSR1);
    if (ready <= 0) continue;
    unsigned char output = 0;
    const ssize_t count = ::read(from_child, &output, 1);
    if (count == 1 && output < 64) finished |= std::uint64_t{1} << output;
    if (count == 0 || (count < 0 && errno != EINTR)) return finished;
  }
}

Result<ExitCode> code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return no_process("waitpid");
  }
  if (WIFEXITED(status)) return static_cast<ExitCode>(WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  if (number == SIGPIPE) ::raise(SIGPIPE);  // the reader of the answers is gone: this process ends in the same way
  return Error{
      number == SIGKILL ? ErrorCode::kLimit : ErrorCode::kInvalidInput,
      std::string("a signal ended the work inside of the sandbox: ") + ::strsignal(number),
      {},
      number == SIGKILL ? "allow more memory" : "a file may be made to attack; please report it (SECURITY.md)"};
}

}  // namespace

Result<SandboxedWork> run_in_sandbox(SandboxRules rules, const std::function<ExitCode(const TellFinished&)>& work) {
  KITE_TRY_ASSIGN(const int version, landlock_version());
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return no_process("pipe2");
  standard_output().flush();  // what waits there would be written by both
  remember_interrupts();      // before the child exists: from now on there is something to pass on
  const pid_t parent = ::getpid();
  const pid_t child = [] {
    const BlockedSignals until_there_is_a_handler;
    const pid_t made = ::fork();
    if (made == 0) obey_interrupts_of_parent();
    return made;
  }();
  if (child < 0) {
    const Error error = no_process("fork");
    ::close(pipe[0]);
    ::close(pipe[1]);
    return error;
  }
  if (child == 0) {
    ::close(pipe[0]);
    rules.writable.push_back(pipe[1]);
    KITE_TRY(enter(std::move(rules), version, parent));
    SandboxedWork inside{.is_inside = true};
    inside.code = work([to_parent = pipe[1]](unsigned output) {
      const auto number = static_cast<unsigned char>(output);
      while (::write(to_parent, &number, 1) < 0 && errno == EINTR) {
      }
    });
    return inside;
  }
  ::close(pipe[1]);
  SandboxedWork outside;
  outside.finished = listen(pipe[0], child);
  ::close(pipe[0]);
  KITE_TRY_ASSIGN(outside.code, code_of(child));
  return outside;
}

}  // namespace kite::cli
