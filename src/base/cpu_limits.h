// SPDX-License-Identifier: Apache-2.0
// The parts of cpu.h that read /proc and /sys, with the file system's root as a parameter so that tests can fake it.
#pragma once

#include <span>
#include <string>

namespace kite {

// quota / period of the tightest control group, in CPUs: 0.5 is half of one; 0 where there is no limit. `root` as
// below.
[[nodiscard]] double cgroup_cpu_share_under(const std::string& root);

// See cgroup_cpu_limit(). `root` is put in front of every absolute path; "" is the machine itself.
[[nodiscard]] int cgroup_cpu_limit_under(const std::string& root);

// See allowed_physical_cores(): distinct cores among `cpus`.
[[nodiscard]] int physical_cores_under(const std::string& root, std::span<const int> cpus);

// "model name" of proc/cpuinfo.
[[nodiscard]] std::string cpu_model_name_under(const std::string& root);

}  // namespace kite
