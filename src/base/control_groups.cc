// SPDX-License-Identifier: Apache-2.0
#include "base/control_groups.h"

#include <optional>

#include "base/kernel_text.h"

namespace kite {

namespace {

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (take_until(list, ',') == word) return true;
  }
  return false;
}

// Where a hierarchy is mounted, and which part of it the mount shows.
struct Mount {
  std::string root;
  std::string point;
  bool v2 = false;
};

// A line of mountinfo: id parent major:minor root point options [tags...] - type source super-options.
std::optional<Mount> parse_mount(std::string_view line, std::string_view controller) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view left = line.substr(0, dash);
  std::string_view right = line.substr(dash + 3);
  for (int i = 0; i < 3; ++i) take_until(left, ' ');
  Mount mount;
  mount.root = take_until(left, ' ');
  mount.point = take_until(left, ' ');
  const std::string_view type = take_until(right, ' ');
  take_until(right, ' ');
  mount.v2 = type == "cgroup2";
  if (!mount.v2 && !(type == "cgroup" && has_word(right, controller))) return std::nullopt;
  return mount;
}

// This process's group in the v2 hierarchy, or in the v1 one that has the controller: lines id:controllers:path.
std::optional<std::string> group_path(std::string_view cgroup_text, std::string_view controller, bool v2) {
  while (!cgroup_text.empty()) {
    std::string_view line = take_until(cgroup_text, '\n');
    const std::string_view id = take_until(line, ':');
    const std::string_view controllers = take_until(line, ':');
    if (v2 ? id == "0" && controllers.empty() : has_word(controllers, controller)) return std::string(line);
  }
  return std::nullopt;
}

// The group and all its parents.
void visit_upwards(const std::string& root, const Mount& mount, std::string group,
                   const std::function<void(const std::string& folder, bool v2)>& visit) {
  // A container may see only its own part of the hierarchy: then the mount's root is cut off the group's path. A group
  // outside that root (in a control-group namespace its path is "/" or "/../x") becomes the mount point itself.
  if (mount.root != "/") group = group.starts_with(mount.root) ? group.substr(mount.root.size()) : "";
  if (group.find("/..") != std::string::npos) group.clear();
  for (;;) {
    while (group.ends_with('/')) group.pop_back();
    visit(root + mount.point + group, mount.v2);
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return;
    group.resize(slash);
  }
}

}  // namespace

void each_control_group(const std::string& root, std::string_view controller,
                        const std::function<void(const std::string& folder, bool v2)>& visit) {
  const std::string groups = read_kernel_text(root + "/proc/self/cgroup");
  const std::string mounts = read_kernel_text(root + "/proc/self/mountinfo");
  for (std::string_view rest = mounts; !rest.empty();) {
    const auto mount = parse_mount(take_until(rest, '\n'), controller);
    if (!mount) continue;
    if (const auto group = group_path(groups, controller, mount->v2)) visit_upwards(root, *mount, *group, visit);
  }
}

}  // namespace kite
