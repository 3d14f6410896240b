// SPDX-License-Identifier: Apache-2.0
#include "interrupt.h"

#include <csignal>

namespace kite::cli {

namespace {
volatile std::sig_atomic_t interrupted = 0;
}  // namespace

void remember_interrupts() {
  // SA_RESTART is off, so that an input that comes slowly through a pipe can be given up.
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() { return interrupted != 0; }

}  // namespace kite::cli
