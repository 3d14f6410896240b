// SPDX-License-Identifier: Apache-2.0
// kite cache: what the plan cache holds, and how to empty it.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "base/json.h"
#include "cli/output/output.h"
#include "command.h"
#include "json_output.h"
#include "paperkite/try.h"
#include "plan/source/cache.h"

namespace kite::cli {

namespace {

// "3 h ago": coarse on purpose, the list is sorted by it.
std::string age_of(std::int64_t used_at) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t seconds = std::max<std::int64_t>(now.count() - used_at, 0);
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 7200) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 172800) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

Status list(const CommonOptions& options) {
  const PlanCache cache(options.cache_dir);
  KITE_TRY_ASSIGN(const auto entries, cache.list());
  if (options.json) {
    auto array = nlohmann::ordered_json::array();
    for (const CacheEntry& entry : entries) {
      array.push_back({{"path", entry.path}, {"bytes", entry.size_bytes}, {"used_at", entry.used_at}});
    }
    print_json(array);
    return {};
  }
  if (!cache.enabled()) warn(cache.reason());
  std::uint64_t total = 0;
  for (const CacheEntry& entry : entries) {
    total += entry.size_bytes;
    print("{:>10.1f} MB  {:>12}  {}\n", static_cast<double>(entry.size_bytes) * 1e-6, age_of(entry.used_at),
          entry.path);
  }
  print("{} plan{}, {:.1f} MB in {}\n", entries.size(), entries.size() == 1 ? "" : "s",
        static_cast<double>(total) * 1e-6, cache.enabled() ? cache.folder() : "no folder");
  return {};
}

Status clear(const CommonOptions& options) {
  KITE_TRY_ASSIGN(const std::uint64_t freed, PlanCache(options.cache_dir).clear());
  if (options.json) {
    print_json({{"freed_bytes", freed}});
  } else {
    print("freed {:.1f} MB\n", static_cast<double>(freed) * 1e-6);
  }
  return {};
}

}  // namespace

Verb cache_verb() {
  auto options = std::make_shared<CommonOptions>();
  const auto inner = [&](std::string_view name, std::string_view summary, Status (*action)(const CommonOptions&)) {
    return Verb{.name = name,
                .summary = summary,
                .options = {cache_dir_option(*options), json_option(*options)},
                .run = [options, action] { return exit_code_after(action(*options), options->json); }};
  };
  return {.name = "cache",
          .summary = "List or empty the plan cache",
          .verbs = {inner("ls", "List the plans, the most recently used first", list),
                    inner("clear", "Remove every plan", clear)}};
}

}  // namespace kite::cli
