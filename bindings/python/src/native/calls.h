// SPDX-License-Identifier: Apache-2.0
// What runs without Python's lock, and what becomes of it when the interpreter ends.
#pragma once

#include <nanobind/nanobind.h>

#include <new>
#include <utility>

namespace kite::python {

// Counts the calls that have let go of the lock. A thread that asks for the lock while the interpreter is going down is
// ended by Python at that place, through frames of C++ which do not allow it. So end_calls(), which runs before, lets
// no further call begin and waits for those that are under way.
class RunningCall {
 public:
  RunningCall() noexcept;
  ~RunningCall();
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  // False: the interpreter is ending, and the lock must not be let go.
  explicit operator bool() const noexcept { return may_run_; }

 private:
  bool may_run_;
};

[[nodiscard]] bool calls_are_ending() noexcept;

// With the lock held; registered for the interpreter's exit.
void end_calls();

// work() without the lock. MemoryError passes through with the lock held again.
template <typename Work>
void without_lock(Work&& work) {
  PyThreadState* const thread = PyEval_SaveThread();
  try {
    std::forward<Work>(work)();
  } catch (...) {
    PyEval_RestoreThread(thread);
    throw;
  }
  PyEval_RestoreThread(thread);
}

}  // namespace kite::python
