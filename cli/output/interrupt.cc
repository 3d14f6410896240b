// SPDX-License-Identifier: Apache-2.0
// One signal handler, which calls only functions that are allowed in a signal handler.
#include "cli/output/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "base/leftovers.h"
#include "base/mapped_path.h"
#include "cli/output/exit_code.h"

namespace kite::cli {

namespace {

volatile std::sig_atomic_t remembering = 0;
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

void on_interrupt(int) {
  if (remembering != 0 && !interrupted.exchange(true)) return;
  remove_leftovers();
  ::_exit(kInterrupted);
}

// The reader of a pipe is gone. The process ends by the signal, as others do, but leaves nothing behind.
void on_broken_pipe(int number) {
  remove_leftovers();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void write_text(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Another program has shortened a file that is mapped: its address is there, but has no memory behind it. Every other
// reason is a fault of this program.
void on_bus_error(int number, siginfo_t* info, void*) {
  const char* path = mapped_path_of(info->si_addr);
  if (path == nullptr && info->si_code != BUS_ADRERR) {
    ::signal(number, SIG_DFL);  // the instruction is tried again
    return;
  }
  if (path == nullptr) path = "a file of the model";
  write_text("kite: error[io]: the file was shortened while it was in use; ");
  for (const char* at = path; *at != '\0'; ++at) {
    const bool is_plain = static_cast<unsigned char>(*at) >= 0x20 && *at != 0x7f;
    write_text(is_plain ? std::string_view(at, 1) : std::string_view("?"));
  }
  write_text("; to replace a file in use, write another one and rename it\n");
  remove_leftovers();
  ::_exit(kIo);
}

}  // namespace

void end_on_interrupts() {
  remembering = 0;
  // SA_RESTART is off, so that an input that comes slowly through a pipe can be given up.
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // nohup(1) ignores SIGHUP, and some supervisors ignore SIGPIPE, and that must stay so.
  struct sigaction before{};
  if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
    ::sigaction(SIGHUP, &action, nullptr);
  }
  struct sigaction of_fault{};
  of_fault.sa_sigaction = on_bus_error;
  of_fault.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &of_fault, nullptr);
  action.sa_handler = on_broken_pipe;
  action.sa_flags = SA_NODEFER;
  if (::sigaction(SIGPIPE, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
    ::sigaction(SIGPIPE, &action, nullptr);
  }
}

const std::atomic<bool>& remember_interrupts() {
  remembering = 1;
  return interrupted;
}

bool is_interrupted() { return interrupted.load(); }

void obey_interrupts_of_parent() {
  remembering = 0;
  interrupted = false;
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGUSR1, &action, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
}

}  // namespace kite::cli
