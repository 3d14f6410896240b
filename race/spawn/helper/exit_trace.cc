// SPDX-License-Identifier: Apache-2.0
// PTRACE_SEIZE of the main thread, and the few lines of /proc/PID that an "exit" mark holds.
#include "race/spawn/helper/exit_trace.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace kite::race {
namespace {

// Reads /proc/PID/NAME into `text`, with a zero byte at its end. Returns errno.
int read_proc(pid_t child, const char* name, char* text, std::size_t bytes) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/%s", static_cast<int>(child), name);
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  std::size_t used = 0;
  int error = 0;
  while (used + 1 < bytes) {
    const ssize_t got = read(descriptor, text + used, bytes - 1 - used);
    if (got < 0) error = errno;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  text[used] = '\0';
  close(descriptor);
  return error;
}

// "\nKey:   123 kB" -> 125952; 0: the key is absent.
std::uint64_t bytes_of(const char* text, const char* key) {
  const char* line = std::strstr(text, key);
  return line == nullptr ? 0 : std::strtoull(line + std::strlen(key), nullptr, 10) * 1024;
}

void read_memory(pid_t child, wire::ExitReply& reply) {
  char text[4096];
  if (read_proc(child, "status", text, sizeof text) != 0) return;
  reply.vm_hwm_bytes = bytes_of(text, "\nVmHWM:");
  reply.rss_anon_bytes = bytes_of(text, "\nRssAnon:");
  // A file mapped from a tmpfs counts as shared memory.
  reply.rss_file_bytes = bytes_of(text, "\nRssFile:") + bytes_of(text, "\nRssShmem:");
  // Without a memory map (a thread other than the main one ended the process first) there is nothing to read.
  reply.seen = reply.vm_hwm_bytes > 0;
  reply.pss_error = read_proc(child, "smaps_rollup", text, sizeof text);
  if (reply.pss_error == 0) reply.pss_bytes = bytes_of(text, "\nPss:");
}

void* as_data(long number) { return reinterpret_cast<void*>(number); }

}  // namespace

void trace_exit_of(pid_t child, wire::ExitReply& reply) {
  if (ptrace(PTRACE_SEIZE, child, nullptr, as_data(PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)) != 0) reply.error = errno;
}

void handle_trace_stop(pid_t child, int wait_status, wire::ExitReply& reply) {
  const int signal_number = WSTOPSIG(wait_status);
  const int event = wait_status >> 16;
  if (event == PTRACE_EVENT_EXIT) {
    read_memory(child, reply);
    ptrace(PTRACE_CONT, child, nullptr, nullptr);
  } else if (event == PTRACE_EVENT_STOP) {
    const bool stays_stopped =
        signal_number == SIGSTOP || signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU;
    ptrace(stays_stopped ? PTRACE_LISTEN : PTRACE_CONT, child, nullptr, nullptr);
  } else {
    ptrace(PTRACE_CONT, child, nullptr, as_data(signal_number));
  }
}

}  // namespace kite::race
