// SPDX-License-Identifier: Apache-2.0
// The loop around poll: streams, deadline, SIGCHLD, the runner's socket.
#include "race/spawn/helper/watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "race/spawn/helper/clock.h"
#include "race/spawn/helper/exit_trace.h"

namespace kite::race {
namespace {

// A pipe's usual capacity.
char bytes[64 * 1024];
// How often a child in an uninterruptible system call is killed again.
constexpr std::int64_t kKillAgainNs = 1'000'000'000;
// A stream must not keep the loop away from the deadline and from the other stream.
constexpr int kReadsPerTurn = 8;

void write_at(int descriptor, const char* from, std::uint64_t count, std::uint64_t offset) {
  while (count > 0) {
    const ssize_t put = pwrite(descriptor, from, count, static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;  // losing kept output is acceptable: the totals are still right
    from += put;
    count -= static_cast<std::uint64_t>(put);
    offset += static_cast<std::uint64_t>(put);
  }
}

void kill_group(pid_t child, int signal_number) {
  kill(-child, signal_number);
  kill(child, signal_number);  // it may have left its group
}

std::int64_t microseconds(const timeval& time) { return time.tv_sec * std::int64_t{1'000'000} + time.tv_usec; }

// Handles all state changes of children. True: the child itself has ended. Orphans that have ended are reaped as well.
bool take_states(const Watch& run, wire::Reply& reply) {
  signalfd_siginfo ignored;
  while (read(run.child_signals, &ignored, sizeof ignored) > 0) {
  }
  bool gone = false;
  for (;;) {
    int status = 0;
    rusage usage;
    const pid_t pid = wait4(-1, &status, WNOHANG | __WALL, &usage);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return gone;
    if (pid != run.child) continue;
    if (WIFSTOPPED(status)) {
      handle_trace_stop(pid, status, reply.at_exit);
      continue;
    }
    gone = true;
    reply.wait_status = status;
    reply.user_us = microseconds(usage.ru_utime);
    reply.system_us = microseconds(usage.ru_stime);
    reply.max_rss_kib = usage.ru_maxrss;
    reply.minor_faults = usage.ru_minflt;
    reply.major_faults = usage.ru_majflt;
    reply.voluntary_switches = usage.ru_nvcsw;
    reply.involuntary_switches = usage.ru_nivcsw;
  }
}

void drain(Stream& stream) {
  for (int i = 0; i < kReadsPerTurn && stream.read_some(); ++i) {
  }
}

int milliseconds_until(std::int64_t deadline, std::int64_t now) {
  const std::int64_t left = deadline - now;
  if (left <= 0) return 0;
  const std::int64_t rounded_up = left / 1'000'000 + 1;
  return rounded_up > 1'000'000 ? 1'000'000 : static_cast<int>(rounded_up);
}

// What has to be done at the next deadline.
struct Deadline {
  enum class Step { kTerminate, kKill } step = Step::kTerminate;
  std::int64_t at = 0;

  void pass(const Watch& run, std::int64_t grace_ns, std::int64_t now, wire::Reply& reply) {
    if (now < at) return;
    if (reply.cut == wire::Cut::kNone) reply.cut = wire::Cut::kTimeout;
    kill_group(run.child, step == Step::kTerminate ? SIGTERM : SIGKILL);
    at = now + (step == Step::kTerminate ? grace_ns : kKillAgainNs);
    step = Step::kKill;
  }

  void kill_now(std::int64_t now) {
    step = Step::kKill;
    at = now;
  }
};

bool over_limit(const Stream& stream) { return stream.total_bytes > stream.limit.kill_bytes; }

}  // namespace

bool Stream::read_some() {
  if (pipe < 0) return false;
  const ssize_t got = read(pipe, bytes, sizeof bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    close(pipe);
    pipe = -1;
    return false;
  }
  const std::uint64_t half = limit.keep_bytes / 2;
  const char* from = bytes;
  std::uint64_t left = static_cast<std::uint64_t>(got);
  while (left > 0 && half > 0) {
    const std::uint64_t into_ring = total_bytes < half ? 0 : (total_bytes - half) % half;
    const std::uint64_t offset = total_bytes < half ? total_bytes : half + into_ring;
    const std::uint64_t room = total_bytes < half ? half - total_bytes : half - into_ring;
    const std::uint64_t count = left < room ? left : room;
    write_at(keep, from, count, offset);
    from += count;
    left -= count;
    total_bytes += count;
  }
  total_bytes += left;
  return true;
}

bool watch(Watch& run, const wire::RequestHead& head, wire::Reply& reply) {
  Deadline deadline;
  deadline.at = reply.begin_ns + head.timeout_ns;
  bool runner_is_there = true;
  for (;;) {
    // A negative descriptor is skipped by poll.
    pollfd slots[4] = {{run.standard_output.pipe, POLLIN, 0},
                       {run.standard_error.pipe, POLLIN, 0},
                       {run.child_signals, POLLIN, 0},
                       {runner_is_there ? run.control : -1, POLLRDHUP, 0}};
    const int ready = poll(slots, 4, milliseconds_until(deadline.at, monotonic_ns()));
    const std::int64_t now = monotonic_ns();
    if (ready < 0 && errno != EINTR) runner_is_there = false;
    if (ready > 0) {
      drain(run.standard_output);
      drain(run.standard_error);
      if (reply.first_byte_ns == 0 && run.standard_output.total_bytes > 0) reply.first_byte_ns = now;
      if ((slots[3].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
        runner_is_there = false;
        deadline.kill_now(now);
      }
      if (slots[2].revents != 0 && take_states(run, reply)) {
        reply.end_ns = now;
        return runner_is_there;
      }
    }
    if (reply.cut == wire::Cut::kNone && (over_limit(run.standard_output) || over_limit(run.standard_error))) {
      reply.cut = wire::Cut::kOutput;
      deadline.kill_now(now);
    }
    deadline.pass(run, head.termination_grace_ns, now, reply);
  }
}

}  // namespace kite::race
