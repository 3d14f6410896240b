// SPDX-License-Identifier: Apache-2.0
// The child shares the helper's memory until exec (CLONE_VM). So exec need not free a copy, and both processes see
// `state`. They never run at the same time: each waits for the other on a socket pair, and its end of file means that
// exec is done.
#include "race/spawn/helper/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "race/spawn/helper/clock.h"
#include "race/spawn/helper/exit_trace.h"

namespace kite::race {
namespace {

// Written by the child, read by the helper after the child has exec'd or ended.
struct SharedState {
  const Command* command;
  int socket;
  volatile wire::Stage failed_stage;
  volatile int failed_errno;
  volatile std::int64_t begin_ns;
};

SharedState state;
alignas(64) char child_stack[64 * 1024];

[[noreturn]] void fail(wire::Stage stage) {
  state.failed_errno = errno;
  state.failed_stage = stage;
  // A traced child stops in _exit before its descriptors are closed, so the helper must be informed now.
  shutdown(state.socket, SHUT_RDWR);
  _exit(127);
}

bool limit(decltype(RLIMIT_CORE) resource, std::uint64_t bytes) {
  rlimit old;
  if (getrlimit(resource, &old) != 0) return false;
  if (old.rlim_max != RLIM_INFINITY && old.rlim_max < bytes) bytes = old.rlim_max;
  const rlimit wanted{bytes, bytes};
  return setrlimit(resource, &wanted) == 0;
}

int child_main(void*) {
  const Command& command = *state.command;
  if (setpgid(0, 0) != 0) fail(wire::Stage::kGroup);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(wire::Stage::kGroup);
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, nullptr) != 0) fail(wire::Stage::kGroup);
  if (!limit(RLIMIT_CORE, 0)) fail(wire::Stage::kLimits);
  if (command.head->file_size_limit_bytes > 0 && !limit(RLIMIT_FSIZE, command.head->file_size_limit_bytes)) {
    fail(wire::Stage::kLimits);
  }
  if (sched_setaffinity(0, sizeof command.cpus, &command.cpus) != 0) fail(wire::Stage::kPin);
  if (command.folder[0] != '\0' && chdir(command.folder) != 0) fail(wire::Stage::kFolder);
  const int sources[3] = {command.standard_input, command.standard_output, command.standard_error};
  for (int target = 0; target < 3; ++target) {
    if (dup2(sources[target], target) < 0) fail(wire::Stage::kDescriptors);
  }
  char byte = 'r';
  if (send(state.socket, &byte, 1, MSG_NOSIGNAL) != 1) fail(wire::Stage::kPipe);
  if (recv(state.socket, &byte, 1, 0) != 1) fail(wire::Stage::kPipe);
  state.begin_ns = monotonic_ns();
  execve(command.program, command.arguments, command.environment);
  fail(wire::Stage::kExec);
}

// True: the other side sent a byte. False: it closed its end.
bool wait_for_byte(int socket) {
  char byte;
  for (;;) {
    const ssize_t got = recv(socket, &byte, 1, 0);
    if (got >= 0 || errno != EINTR) return got == 1;
  }
}

}  // namespace

pid_t launch(const Command& command, PerfEvents& events, wire::Reply& reply) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    reply.failed_stage = wire::Stage::kPipe;
    reply.failed_errno = errno;
    return -1;
  }
  state.command = &command;
  state.socket = sockets[1];
  state.failed_stage = wire::Stage::kNone;
  const pid_t child = clone(child_main, child_stack + sizeof child_stack, CLONE_VM | SIGCHLD, nullptr);
  close(sockets[1]);
  if (child < 0) {
    reply.failed_stage = wire::Stage::kClone;
    reply.failed_errno = errno;
    close(sockets[0]);
    return -1;
  }
  if (wait_for_byte(sockets[0])) {
    if (command.head->trace_exit != 0) trace_exit_of(child, reply.at_exit);
    if (command.head->count_events != 0) open_events(child, events);
    const char go = 'g';
    if (send(sockets[0], &go, 1, MSG_NOSIGNAL) == 1) wait_for_byte(sockets[0]);
  }
  close(sockets[0]);
  if (state.failed_stage != wire::Stage::kNone) {
    reply.failed_stage = state.failed_stage;
    reply.failed_errno = state.failed_errno;
    // A traced child stops once more at its exit.
    int status = 0;
    while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status)) {
      handle_trace_stop(child, status, reply.at_exit);
    }
    return -1;
  }
  reply.begin_ns = state.begin_ns;
  return child;
}

}  // namespace kite::race
