// SPDX-License-Identifier: Apache-2.0
// Finds the helper's own children through /proc and kills them in rounds: when one dies, its
// children become the helper's.
#include "race/spawn/helper/descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "race/spawn/helper/clock.h"

namespace kite::race {
namespace {

// Auxiliary processes of a language (Python's resource tracker, a shell's pipeline) end within
// milliseconds after their parent.
constexpr std::int64_t kGraceNs = 50'000'000;
// After SIGKILL only a process in a hanging system call lives longer than this.
constexpr std::int64_t kDeadlineNs = 5'000'000'000;
constexpr int kRoundMs = 20;
constexpr int kRemembered = 256;

// Reaps the children that have ended. True: there are still others.
bool reap() {
  for (;;) {
    const pid_t pid = waitpid(-1, nullptr, WNOHANG | __WALL);
    if (pid == 0) return true;
    if (pid < 0 && errno != EINTR) return false;
  }
}

void wait_for_a_child(int child_signals, std::int64_t timeout_ns) {
  if (timeout_ns <= 0) return;
  pollfd slot{child_signals, POLLIN, 0};
  if (poll(&slot, 1, static_cast<int>(timeout_ns / 1'000'000) + 1) > 0) {
    signalfd_siginfo ignored;
    while (read(child_signals, &ignored, sizeof ignored) > 0) {
    }
  }
}

// "123 (a name) S 45 ...": the name may contain any character, so the last parenthesis counts. False: the process has
// ended, or it is not our child.
bool is_living_child(const char* pid_text, char* name) {
  char path[32 + 16];
  std::snprintf(path, sizeof path, "/proc/%.16s/stat", pid_text);
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  char text[256];
  const ssize_t got = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (got <= 0) return false;
  text[got] = '\0';
  const char* open_mark = std::strchr(text, '(');
  const char* close_mark = std::strrchr(text, ')');
  if (open_mark == nullptr || close_mark == nullptr || close_mark < open_mark || std::strlen(close_mark) < 5)
    return false;
  if (close_mark[2] == 'Z' || close_mark[2] == 'X') return false;
  if (std::strtol(close_mark + 4, nullptr, 10) != getpid()) return false;
  std::size_t length = static_cast<std::size_t>(close_mark - open_mark - 1);
  if (length >= wire::kNameBytes) length = wire::kNameBytes - 1;
  std::memcpy(name, open_mark + 1, length);
  name[length] = '\0';
  return true;
}

struct Remembered {
  pid_t pids[kRemembered];
  int count = 0;

  // False: the process was in the list already. If the list is full, every process counts as new.
  bool add(pid_t pid) {
    for (int i = 0; i < count; ++i) {
      if (pids[i] == pid) return false;
    }
    if (count < kRemembered) pids[count++] = pid;
    return true;
  }
};

int kill_children(Remembered& killed, wire::Reply& reply) {
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return 0;
  int living = 0;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    char name[wire::kNameBytes];
    if (!is_living_child(entry->d_name, name)) continue;
    const pid_t pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    kill(pid, SIGKILL);
    ++living;
    if (!killed.add(pid)) continue;
    if (reply.leak_count < wire::kNamedLeaks) {
      reply.leak_pids[reply.leak_count] = pid;
      std::memcpy(reply.leak_names[reply.leak_count], name, sizeof name);
    }
    ++reply.leak_count;
  }
  closedir(folder);
  return living;
}

}  // namespace

void end_descendants(int child_signals, wire::Reply& reply) {
  const std::int64_t begin = monotonic_ns();
  while (reap()) {
    const std::int64_t left = begin + kGraceNs - monotonic_ns();
    if (left <= 0) break;
    wait_for_a_child(child_signals, left);
  }
  Remembered killed;
  while (reap()) {
    const int living = kill_children(killed, reply);
    if (monotonic_ns() - begin > kDeadlineNs) {
      reply.leaks_immortal = living;
      return;
    }
    wait_for_a_child(child_signals, kRoundMs * 1'000'000LL);
  }
}

}  // namespace kite::race
