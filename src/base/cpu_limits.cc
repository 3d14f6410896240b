// SPDX-License-Identifier: Apache-2.0
// Control-group quotas (v1 and v2), core topology and processor name, from the kernel's text files.
#include "base/cpu_limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace kite {

namespace {

// Empty when the file cannot be read. The files read here are small; 1 MiB bounds a strange one.
std::string read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  std::string text;
  char block[4096];
  while (text.size() < (std::size_t{1} << 20)) {
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(block, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

// Takes the text up to `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (take(list, ',') == word) return true;
  }
  return false;
}

// CPUs granted by quota / period; 0 for no limit.
double share_of(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return 0;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

double share_in_folder(const std::string& folder, bool v2) {
  if (!v2) {
    return share_of(parse_number(read_text(folder + "/cpu.cfs_quota_us")),
                    parse_number(read_text(folder + "/cpu.cfs_period_us")));
  }
  const std::string text = read_text(folder + "/cpu.max");  // "max 100000" or "50000 100000"
  std::string_view rest = text;
  const auto quota = parse_number(take(rest, ' '));
  return share_of(quota, parse_number(rest));
}

// Where the hierarchy that holds CPU quotas is mounted, and which part of it the mount shows.
struct Mount {
  std::string root;
  std::string point;
  bool v2 = false;
};

// A line of mountinfo: id parent major:minor root point options [tags...] - type source super-options.
std::optional<Mount> parse_mount(std::string_view line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view left = line.substr(0, dash);
  std::string_view right = line.substr(dash + 3);
  for (int i = 0; i < 3; ++i) take(left, ' ');
  Mount mount;
  mount.root = take(left, ' ');
  mount.point = take(left, ' ');
  const std::string_view type = take(right, ' ');
  take(right, ' ');
  mount.v2 = type == "cgroup2";
  if (!mount.v2 && !(type == "cgroup" && has_word(right, "cpu"))) return std::nullopt;
  return mount;
}

// This process's group in the v2 hierarchy, or in the v1 one that has the cpu controller: lines id:controllers:path.
std::optional<std::string> group_path(std::string_view cgroup_text, bool v2) {
  while (!cgroup_text.empty()) {
    std::string_view line = take(cgroup_text, '\n');
    const std::string_view id = take(line, ':');
    const std::string_view controllers = take(line, ':');
    if (v2 ? id == "0" && controllers.empty() : has_word(controllers, "cpu")) return std::string(line);
  }
  return std::nullopt;
}

// The tightest limit of the group and of all its parents.
double share_of_mount(const std::string& root, const Mount& mount, std::string group) {
  // A container may see only its own part of the hierarchy: then the mount's root is cut off, and a group outside it
  // (a namespace of its own: "/", "/../x") leaves the mount point itself.
  if (mount.root != "/") group = group.starts_with(mount.root) ? group.substr(mount.root.size()) : "";
  if (group.find("/..") != std::string::npos) group.clear();
  double least = 0.0;
  for (;;) {
    while (group.ends_with('/')) group.pop_back();
    const double share = share_in_folder(root + mount.point + group, mount.v2);
    if (share > 0.0) least = least == 0.0 ? share : std::min(least, share);
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

}  // namespace

double cgroup_cpu_share_under(const std::string& root) {
  const std::string groups = read_text(root + "/proc/self/cgroup");
  const std::string mounts = read_text(root + "/proc/self/mountinfo");
  double least = 0.0;
  for (std::string_view rest = mounts; !rest.empty();) {
    const auto mount = parse_mount(take(rest, '\n'));
    if (!mount) continue;
    const auto group = group_path(groups, mount->v2);
    if (!group) continue;
    const double share = share_of_mount(root, *mount, *group);
    if (share > 0.0) least = least == 0.0 ? share : std::min(least, share);
  }
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
    std::string siblings = read_text(folder + "core_cpus_list");
    if (siblings.empty()) siblings = read_text(folder + "thread_siblings_list");  // before Linux 5.3
    if (siblings.empty()) return static_cast<int>(cpus.size());
    cores.insert(std::move(siblings));
  }
  return static_cast<int>(cores.size());
}

std::string cpu_model_name_under(const std::string& root) {
  const std::string text = read_text(root + "/proc/cpuinfo");
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view value = take(rest, '\n');
    std::string_view key = take(value, ':');
    while (!key.empty() && (key.back() == '\t' || key.back() == ' ')) key.remove_suffix(1);
    if (key != "model name") continue;
    while (value.starts_with(' ')) value.remove_prefix(1);
    return std::string(value);
  }
  return {};
}

}  // namespace kite
