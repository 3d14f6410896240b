// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/control_groups.h"
#include "base/kernel_text.h"

namespace kite {

namespace {

// The number behind `key` in lines such as "inactive_file 4096" and "MemAvailable:  23 kB", without the unit.
std::optional<std::int64_t> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (take_until(line, ' ') != key) continue;
    while (line.starts_with(' ')) line.remove_prefix(1);
    return kernel_number(take_until(line, ' '));
  }
  return std::nullopt;
}

// The bytes that the group may still use; absent where it has no limit.
std::optional<std::uint64_t> room_in(const std::string& folder, bool v2) {
  const auto limit = kernel_number(read_kernel_text(folder + (v2 ? "/memory.max" : "/memory.limit_in_bytes")));
  const auto used = kernel_number(read_kernel_text(folder + (v2 ? "/memory.current" : "/memory.usage_in_bytes")));
  if (!limit || !used) return std::nullopt;  // "max"
  const std::string state = read_kernel_text(folder + "/memory.stat");
  const std::int64_t droppable = value_of(state, v2 ? "inactive_file" : "total_inactive_file").value_or(0);
  const std::int64_t taken = std::max<std::int64_t>(*used - droppable, 0);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(*limit - taken, 0));
}

}  // namespace

std::uint64_t available_memory_under(const std::string& root) {
  const auto machine = value_of(read_kernel_text(root + "/proc/meminfo"), "MemAvailable:");
  if (!machine) return 0;
  std::uint64_t least = static_cast<std::uint64_t>(*machine) * 1024;
  each_control_group(root, "memory", [&least](const std::string& folder, bool v2) {
    if (const auto room = room_in(folder, v2)) least = std::min(least, *room);
  });
  return least;
}

std::uint64_t available_memory_bytes() { return available_memory_under(""); }

}  // namespace kite
