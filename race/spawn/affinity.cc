// SPDX-License-Identifier: Apache-2.0
// sched_setaffinity with lists of numbers.
#include "race/spawn/affinity.h"

#include <sched.h>

#include <algorithm>

namespace kite::race {
namespace {

bool pin(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  }
  return CPU_COUNT(&set) > 0 && sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> cpus_without(const std::vector<int>& all, const std::vector<int>& some) {
  std::vector<int> rest;
  for (const int cpu : all) {
    if (std::find(some.begin(), some.end(), cpu) == some.end()) rest.push_back(cpu);
  }
  return rest;
}

PinnedThread::PinnedThread(const std::vector<int>& cpus) {
  std::vector<int> before = allowed_cpus();
  if (!before.empty() && pin(cpus)) before_ = std::move(before);
}

PinnedThread::~PinnedThread() {
  if (!before_.empty()) pin(before_);
}

}  // namespace kite::race
