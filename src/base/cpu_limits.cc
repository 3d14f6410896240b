// SPDX-License-Identifier: Apache-2.0
// Quotas of control groups, core topology and processor name, from the kernel's text files.
#include "base/cpu_limits.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "base/control_groups.h"
#include "base/kernel_text.h"

namespace kite {

namespace {

// CPUs granted by quota / period; 0 for no limit.
double share_of(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return 0;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

double share_in_folder(const std::string& folder, bool v2) {
  if (!v2) {
    return share_of(kernel_number(read_kernel_text(folder + "/cpu.cfs_quota_us")),
                    kernel_number(read_kernel_text(folder + "/cpu.cfs_period_us")));
  }
  const std::string text = read_kernel_text(folder + "/cpu.max");  // "max 100000" or "50000 100000"
  std::string_view rest = text;
  const auto quota = kernel_number(take_until(rest, ' '));
  return share_of(quota, kernel_number(rest));
}

}  // namespace

double cgroup_cpu_share_under(const std::string& root) {
  double least = 0.0;
  each_control_group(root, "cpu", [&least](const std::string& folder, bool v2) {
    const double share = share_in_folder(folder, v2);
    if (share > 0.0) least = least == 0.0 ? share : std::min(least, share);
  });
  return least;
}

int cgroup_cpu_limit_under(const std::string& root) {
  constexpr double kMostCpus = 1 << 20;
  return static_cast<int>(std::ceil(std::min(cgroup_cpu_share_under(root), kMostCpus)));
}

int physical_cores_under(const std::string& root, std::span<const int> cpus) {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    const std::string folder = root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    std::string siblings = read_kernel_text(folder + "core_cpus_list");
    if (siblings.empty()) siblings = read_kernel_text(folder + "thread_siblings_list");  // before Linux 5.3
    if (siblings.empty()) return static_cast<int>(cpus.size());
    cores.insert(std::move(siblings));
  }
  return static_cast<int>(cores.size());
}

std::string cpu_model_name_under(const std::string& root) {
  const std::string text = read_kernel_text(root + "/proc/cpuinfo");
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view value = take_until(rest, '\n');
    std::string_view key = take_until(value, ':');
    while (!key.empty() && (key.back() == '\t' || key.back() == ' ')) key.remove_suffix(1);
    if (key != "model name") continue;
    while (value.starts_with(' ')) value.remove_prefix(1);
    return std::string(value);
  }
  return {};
}

}  // namespace kite
