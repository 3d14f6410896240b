// SPDX-License-Identifier: Apache-2.0
#include "native/calls.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace kite::python {

namespace {

std::atomic<int> g_running{0};
std::atomic<bool> g_are_ending{false};
thread_local int t_depth = 0;

// The child of a fork has one thread; the calls of the others are not under way there.
void keep_own_calls() { g_running.store(t_depth); }

[[maybe_unused]] const int g_registered = ::pthread_atfork(nullptr, nullptr, keep_own_calls);

}  // namespace

RunningCall::RunningCall() noexcept : may_run_(!g_are_ending.load()) {
  if (!may_run_) return;
  ++t_depth;
  ++g_running;
}

RunningCall::~RunningCall() {
  if (!may_run_) return;
  --g_running;
  --t_depth;
}

bool calls_are_ending() noexcept { return g_are_ending.load(); }

void end_calls() {
  g_are_ending.store(true);
  PyThreadState* const thread = PyEval_SaveThread();
  // Only calls of threads that the program did not wait for are left now, and each ends with its present picture.
  while (g_running.load() > t_depth) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  PyEval_RestoreThread(thread);
}

}  // namespace kite::python
