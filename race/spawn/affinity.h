// SPDX-License-Identifier: Apache-2.0
// Which processors a thread may use.
#pragma once

#include <vector>

namespace kite::race {

// The processors of the calling thread, ascending.
std::vector<int> allowed_cpus();

// The processors of `all` that are not in `some`.
std::vector<int> cpus_without(const std::vector<int>& all, const std::vector<int>& some);

// The calling thread stays on these processors for the life of this object. If the list is empty, or the kernel
// refuses, nothing changes.
class PinnedThread {
 public:
  explicit PinnedThread(const std::vector<int>& cpus);
  ~PinnedThread();
  PinnedThread(const PinnedThread&) = delete;
  PinnedThread& operator=(const PinnedThread&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace kite::race
