// SPDX-License-Identifier: Apache-2.0
// kite-race-spawn: runs one command after another for the runner, which it talks to over a socket, descriptor 3.
// It is small because Linux counts the memory of the process that calls exec in the peak of the new program.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "race/spawn/helper/descendants.h"
#include "race/spawn/helper/launch.h"
#include "race/spawn/helper/watch.h"

namespace kite::race {
namespace {

char blob[wire::kMaxBlobBytes];
char* strings[wire::kMaxStrings + 2];  // arguments, null, variables, null

struct Machine {
  cpu_set_t cpus;  // that we may use
  int child_signals;
  int nothing;  // /dev/null
};

bool receive_rest(void* to, std::size_t count) {
  char* position = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got = recv(wire::kSocket, position, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    position += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

// The descriptors that came with a request; -1: there is none.
struct Descriptors {
  int keep_output = -1, keep_error = -1;
  int standard_input = -1, standard_output = -1;  // of a live request
};

// Receives the head, which comes with two descriptors, or with four for a live request. False: the runner has ended, or
// the message is not a request.
bool receive_request(wire::RequestHead& head, Descriptors& descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)];
  iovec part{&head, sizeof head};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = recvmsg(wire::kSocket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  const cmsghdr* attached = CMSG_FIRSTHDR(&message);
  if (attached == nullptr || attached->cmsg_type != SCM_RIGHTS) return false;
  const std::size_t attached_bytes = attached->cmsg_len - CMSG_LEN(0);
  if (attached_bytes != 2 * sizeof(int) && attached_bytes != sizeof descriptors) return false;
  std::memcpy(&descriptors, CMSG_DATA(attached), attached_bytes);
  const std::size_t have = static_cast<std::size_t>(got);
  if (!receive_rest(reinterpret_cast<char*>(&head) + have, sizeof head - have)) return false;
  const bool is_live = attached_bytes == sizeof descriptors;
  if (head.blob_bytes > sizeof blob || (head.live != 0) != is_live) head.magic = 0;
  return head.magic == wire::kRequestMagic && receive_rest(blob, head.blob_bytes);
}

// Splits the blob into strings. False: it does not hold exactly the strings that the head announces.
bool read_strings(const wire::RequestHead& head, Command& command) {
  const std::uint32_t most = wire::kMaxStrings;
  if (head.argument_count == 0 || head.argument_count > most || head.variable_count > most - head.argument_count) {
    return false;
  }
  char* position = blob;
  char* const end = blob + head.blob_bytes;
  const auto next = [&]() -> char* {
    char* zero = position < end ? static_cast<char*>(std::memchr(position, '\0', end - position)) : nullptr;
    if (zero == nullptr) return nullptr;
    char* found = position;
    position = zero + 1;
    return found;
  };
  command.folder = next();
  command.program = next();
  if (command.folder == nullptr || command.program == nullptr) return false;
  command.arguments = strings;
  command.environment = strings + head.argument_count + 1;
  for (std::uint32_t i = 0; i < head.argument_count; ++i) {
    if ((command.arguments[i] = next()) == nullptr) return false;
  }
  for (std::uint32_t i = 0; i < head.variable_count; ++i) {
    if ((command.environment[i] = next()) == nullptr) return false;
  }
  command.arguments[head.argument_count] = nullptr;
  command.environment[head.variable_count] = nullptr;
  return position == end;
}

// The child gets the processors of the request. The helper gets the other processors of the machine, if there are any.
void divide_cpus(const wire::RequestHead& head, const cpu_set_t& all, cpu_set_t& childs) {
  CPU_ZERO(&childs);
  for (int cpu = 0; cpu < wire::kMaxCpus; ++cpu) {
    if ((head.cpus[cpu / 64] >> (cpu % 64) & 1) != 0) CPU_SET(cpu, &childs);
  }
  if (CPU_COUNT(&childs) == 0) childs = all;
  cpu_set_t spare;
  CPU_ZERO(&spare);
  for (int cpu = 0; cpu < wire::kMaxCpus; ++cpu) {
    if (CPU_ISSET(cpu, &all) && !CPU_ISSET(cpu, &childs)) CPU_SET(cpu, &spare);
  }
  const cpu_set_t& ours = CPU_COUNT(&spare) > 0 ? spare : all;
  sched_setaffinity(0, sizeof ours, &ours);
}

// When memory runs out, the kernel should kill the contestant and not the race.
void volunteer_for_oom(pid_t child) {
  char path[48] = "/proc/";
  char digits[16];
  int count = 0;
  for (pid_t rest = child; rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
  char* position = path + 6;
  while (count > 0) *position++ = digits[--count];
  std::memcpy(position, "/oom_score_adj", sizeof "/oom_score_adj");
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t put = write(file, "1000", 4);
  close(file);
}

bool make_pipe(int (&ends)[2]) {
  // Only our own end must not block.
  return pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

bool send_all(const void* from, std::size_t left) {
  const char* position = static_cast<const char*>(from);
  while (left > 0) {
    const ssize_t put = send(wire::kSocket, position, left, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    position += put;
    left -= static_cast<std::size_t>(put);
  }
  return true;
}

// False: the runner has ended.
bool run_one(const Machine& machine, Command& command, Descriptors& descriptors, wire::Reply& reply) {
  const wire::RequestHead& head = *command.head;
  divide_cpus(head, machine.cpus, command.cpus);
  int out[2] = {-1, -1}, err[2] = {-1, -1};
  if ((head.live == 0 && !make_pipe(out)) || !make_pipe(err)) {
    reply.failed_stage = wire::Stage::kPipe;
    reply.failed_errno = errno;
    for (int* end : {&out[0], &out[1], &err[0], &err[1]}) close_if_open(*end);
    return true;
  }
  command.standard_input = head.live != 0 ? descriptors.standard_input : machine.nothing;
  command.standard_output = head.live != 0 ? descriptors.standard_output : out[1];
  command.standard_error = err[1];
  PerfEvents events;
  for (std::uint32_t i = 0; i < wire::kEventCount; ++i) {
    events.descriptors[i] = -1;
    events.errors[i] = 0;
    events.user_only[i] = 0;
  }
  Watch run{launch(command, events, reply),
            machine.child_signals,
            wire::kSocket,
            {out[0], descriptors.keep_output, head.standard_output, 0},
            {err[0], descriptors.keep_error, head.standard_error, 0}};
  close_if_open(out[1]);
  close_if_open(err[1]);
  // These are ends of the runner's pipes. While we keep them open, the runner cannot see that the child has ended.
  close_if_open(descriptors.standard_input);
  close_if_open(descriptors.standard_output);
  bool runner_is_there = true;
  if (head.live != 0) {
    wire::Started started;
    started.pid = run.child;
    runner_is_there = send_all(&started, sizeof started);
  }
  if (run.child > 0) {
    volunteer_for_oom(run.child);
    reply.pid = run.child;
    // If the runner has ended, watch() notices that as well and ends the child.
    runner_is_there = watch(run, head, reply);
    end_descendants(machine.child_signals, reply);
  }
  read_events(events, reply.events);
  for (Stream* stream : {&run.standard_output, &run.standard_error}) {
    // A process that we could not kill may still write; then the limit ends the loop.
    while (stream->total_bytes <= stream->limit.kill_bytes && stream->read_some()) {
    }
    close_if_open(stream->pipe);
  }
  reply.standard_output.total_bytes = run.standard_output.total_bytes;
  reply.standard_error.total_bytes = run.standard_error.total_bytes;
  return runner_is_there;
}

bool set_up(Machine& machine) {
  // The system call itself is used, since glibc's function does not change signals 32 and 33, which some programs leave
  // ignored. A structure of zeros is SIG_DFL with an empty mask. The kernel refuses SIGKILL and SIGSTOP.
  const std::uint64_t default_action[8] = {};
  for (int number = 1; number < NSIG; ++number) {
    syscall(SYS_rt_sigaction, number, default_action, nullptr, std::size_t{NSIG / 8});
  }
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  if (sigprocmask(SIG_SETMASK, &watched, nullptr) != 0) return false;
  // Ctrl-C is for the runner: it decides, and when it ends, the helper ends too.
  setpgid(0, 0);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return false;
  fcntl(wire::kSocket, F_SETFD, FD_CLOEXEC);
  machine.nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  machine.child_signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
  CPU_ZERO(&machine.cpus);
  return machine.nothing >= 0 && machine.child_signals >= 0 &&
         sched_getaffinity(0, sizeof machine.cpus, &machine.cpus) == 0;
}

// The runner's message contains the exit code: 2 = the helper could not be set up, 3 = a request contradicts itself.
int serve() {
  Machine machine;
  if (!set_up(machine)) return 2;
  for (;;) {
    wire::RequestHead head;
    Descriptors descriptors;
    if (!receive_request(head, descriptors)) return head.magic == wire::kRequestMagic ? 0 : 3;
    wire::Reply reply;
    Command command{};
    command.head = &head;
    if (!read_strings(head, command)) return 3;
    const bool runner_is_there = run_one(machine, command, descriptors, reply);
    for (int* open : {&descriptors.keep_output, &descriptors.keep_error, &descriptors.standard_input,
                      &descriptors.standard_output}) {
      close_if_open(*open);
    }
    if (!runner_is_there || !send_all(&reply, sizeof reply)) return 0;
  }
}

}  // namespace
}  // namespace kite::race

// `kite-race-spawn empty` ends at once: the peak memory of that process is the floor of every other one.
int main(int count, char** arguments) {
  if (count == 2 && std::strcmp(arguments[1], "empty") == 0) return 0;
  return kite::race::serve();
}
