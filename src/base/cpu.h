// SPDX-License-Identifier: Apache-2.0
// What this processor and this process may use: instruction sets, CPUs, cache sizes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite {

// Ordered: each set contains the ones before it.
enum class Isa : std::uint8_t {
  kGeneric,  // any x86-64
  kAvx2,     // AVX2 and FMA
  kAvx512,   // AVX-512 F, BW, DQ, VL
};

[[nodiscard]] std::string_view isa_name(Isa isa) noexcept;  // "generic", "avx2", "avx512"

// The best set that the processor and the operating system support (CPUID and XGETBV).
[[nodiscard]] Isa native_isa() noexcept;

// Parses a name from --isa or KITE_ISA. kUsage for an unknown name and for a set that this machine lacks.
[[nodiscard]] Result<Isa> parse_isa(std::string_view name);

// native_isa(), or what the environment variable KITE_ISA forces it down to.
[[nodiscard]] Result<Isa> default_isa();

// CPUs that this process may run on, ascending (sched_getaffinity; the online CPUs where that fails).
[[nodiscard]] std::vector<int> allowed_cpus();

// CPU share granted by the control group (quota / period), rounded up; 0 where there is no limit.
[[nodiscard]] int cgroup_cpu_limit();

// Distinct physical cores among allowed_cpus(); as many as CPUs where the topology cannot be read.
[[nodiscard]] int allowed_physical_cores();

// min(allowed CPUs, control-group limit, physical cores), at least 1.
[[nodiscard]] int default_thread_count();

[[nodiscard]] std::string cpu_model_name();  // as /proc/cpuinfo spells it; empty where unknown

}  // namespace kite
