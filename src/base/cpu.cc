// SPDX-License-Identifier: Apache-2.0
// Features by CPUID, and how many threads are worth starting.
#include "base/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/cpu_limits.h"

namespace kite {

Features processor_features() noexcept {
  Features features;
#if defined(__x86_64__)
  // The builtins ask XGETBV as well: a register set that the operating system does not save counts as absent.
  if (__builtin_cpu_supports("avx2")) features = features | kAvx2;
  if (__builtin_cpu_supports("fma")) features = features | kFma;
  if (__builtin_cpu_supports("avx512f")) features = features | kAvx512F;
  if (__builtin_cpu_supports("avx512bw")) features = features | kAvx512Bw;
  if (__builtin_cpu_supports("avx512dq")) features = features | kAvx512Dq;
  if (__builtin_cpu_supports("avx512vl")) features = features | kAvx512Vl;
  if (__builtin_cpu_supports("avx512vnni")) features = features | kAvx512Vnni;
#elif defined(__aarch64__)
  features = kAdvancedSimd;
#endif
  return features;
}

std::vector<int> allowed_cpus() {
  // The kernel refuses a mask shorter than its own, so it grows until it fits: 1024 CPUs, 2048, ... 2^20.
  for (int capacity = 1024; capacity <= 1 << 20; capacity *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(void*)> owner(CPU_ALLOC(capacity), &std::free);  // CPU_FREE is free()
    cpu_set_t* const set = owner.get();
    if (set == nullptr) break;
    const std::size_t size_bytes = CPU_ALLOC_SIZE(capacity);
    const bool known = ::sched_getaffinity(0, size_bytes, set) == 0;
    std::vector<int> cpus;
    for (int cpu = 0; known && cpu < capacity; ++cpu) {
      if (CPU_ISSET_S(cpu, size_bytes, set)) cpus.push_back(cpu);
    }
    if (!cpus.empty()) return cpus;
  }
  std::vector<int> online(static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))));
  for (std::size_t i = 0; i < online.size(); ++i) online[i] = static_cast<int>(i);
  return online;
}

int cgroup_cpu_limit() { return cgroup_cpu_limit_under(""); }

int allowed_physical_cores() { return physical_cores_under("", allowed_cpus()); }

int default_thread_count() {
  const std::vector<int> cpus = allowed_cpus();
  int count = static_cast<int>(cpus.size());
  if (count > 1) count = std::min(count, physical_cores_under("", cpus));
  if (count > 1) {
    if (const int limit = cgroup_cpu_limit(); limit > 0) count = std::min(count, limit);
  }
  return std::max(count, 1);
}

std::string cpu_model_name() { return cpu_model_name_under(""); }

}  // namespace kite
