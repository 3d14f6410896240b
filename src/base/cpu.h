// SPDX-License-Identifier: Apache-2.0
// What this processor and this process may use: features, CPUs.
#pragma once

#include <string>
#include <vector>

#include "base/features.h"

namespace kite {

// The features of this processor whose registers the operating system saves (from CPUID and XGETBV; every ARM processor
// of 64 bits has Advanced SIMD).
[[nodiscard]] Features processor_features() noexcept;

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
