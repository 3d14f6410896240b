// SPDX-License-Identifier: Apache-2.0
// Instruction sets by CPUID, and how many threads are worth starting.
#include "base/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/cpu_limits.h"
#include "base/printable.h"

namespace kite {

namespace {

constexpr std::array kIsas = {Isa::kGeneric, Isa::kAvx2, Isa::kAvx512};

}  // namespace

std::string_view isa_name(Isa isa) noexcept {
  switch (isa) {
    case Isa::kGeneric: return "generic";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
  }
  return "unknown";
}

Isa native_isa() noexcept {
#if defined(__x86_64__)
  // The builtins ask XGETBV as well: a register set that the operating system does not save counts as absent.
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::kGeneric;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx512 ? Isa::kAvx512 : Isa::kAvx2;
#else
  return Isa::kGeneric;
#endif
}

Result<Isa> parse_isa(std::string_view name) {
  const auto found = std::ranges::find(kIsas, name, isa_name);
  if (found == kIsas.end()) {
    return Error{ErrorCode::kUsage, "unknown instruction set " + in_quotes(name), {}, "use generic, avx2 or avx512"};
  }
  if (*found > native_isa()) {
    return Error{ErrorCode::kUsage,
                 "this machine does not have " + std::string(name),
                 {},
                 "use " + std::string(isa_name(native_isa())) + " or leave the choice to the program"};
  }
  return *found;
}

Result<Isa> default_isa() {
  const char* forced = std::getenv("KITE_ISA");
  if (forced == nullptr || *forced == '\0') return native_isa();
  auto isa = parse_isa(forced);
  if (!isa.ok()) return std::move(isa).error().in("environment variable KITE_ISA");
  return isa;
}

std::vector<int> allowed_cpus() {
  // The kernel refuses a mask shorter than its own, so it grows until it fits: 1024 CPUs, 2048, ... 2^20.
  for (int capacity = 1024; capacity <= 1 << 20; capacity *= 2) {
    cpu_set_t* set = CPU_ALLOC(capacity);
    if (set == nullptr) break;
    const std::size_t size_bytes = CPU_ALLOC_SIZE(capacity);
    const bool known = ::sched_getaffinity(0, size_bytes, set) == 0;
    std::vector<int> cpus;
    for (int cpu = 0; known && cpu < capacity; ++cpu) {
      if (CPU_ISSET_S(cpu, size_bytes, set)) cpus.push_back(cpu);
    }
    CPU_FREE(set);
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
