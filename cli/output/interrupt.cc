// SPDX-License-Identifier: Apache-2.0
// One signal handler, which calls only functions that are allowed in a signal handler.
#include "interrupt.h"

#include <unistd.h>

#include <csignal>

#include "base/unfinished_file.h"
#include "command.h"

namespace kite::cli {

namespace {

volatile std::sig_atomic_t remembering = 0;
volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
  if (remembering != 0 && interrupted == 0) {
    interrupted = 1;
    return;
  }
  remove_unfinished_files();
  ::_exit(kInterrupted);
}

}  // namespace

void end_on_interrupts() {
  remembering = 0;
  // SA_RESTART is off, so that an input that comes slowly through a pipe can be given up.
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // nohup(1) ignores SIGHUP, and that must stay so.
  struct sigaction before{};
  if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
    ::sigaction(SIGHUP, &action, nullptr);
  }
}

void remember_interrupts() { remembering = 1; }

bool is_interrupted() { return interrupted != 0; }

}  // namespace kite::cli
