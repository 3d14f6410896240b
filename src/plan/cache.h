// SPDX-License-Identifier: Apache-2.0
// Plans on disk, found again by the content of what they were made from.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"
#include "plan/plan.h"

namespace kite {

// 128 bits of XXH3 over everything that decides a plan.
using PlanKey = std::array<std::uint64_t, 2>;

// The given contents in their order, the plan version, the instruction set, and the shapes that were asked for.
[[nodiscard]] PlanKey plan_key(std::span<const std::span<const std::byte>> contents, Isa isa,
                               const std::map<std::string, Shape, std::less<>>& input_shapes);

struct CacheEntry {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::int64_t used_at = 0;     // seconds since 1970 ...
  std::int64_t used_at_ns = 0;  // ... and the nanoseconds of that second
};

// Room for a dozen large models.
inline constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{4} << 30;

// A folder of plans. Nothing in it is trusted: a file that is not a valid plan with the right key is as good as none.
class PlanCache {
 public:
  // `folder` empty: KITE_CACHE_DIR, else $XDG_CACHE_HOME/paperkite, else $HOME/.cache/paperkite. Without any of
  // these, or where the folder cannot be made or belongs to someone else, the cache is off: find() finds nothing.
  // A folder that is made is its owner's alone; one that others may write to is not trusted either.
  explicit PlanCache(const std::string& folder, std::uint64_t max_bytes = kMaxCacheBytes);

  [[nodiscard]] bool enabled() const noexcept { return !folder_.empty(); }
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
  // Why the cache is off, for a warning; empty when it is on.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  [[nodiscard]] std::shared_ptr<const Plan> find(const PlanKey& key) const;  // null when there is no valid one
  // Writes to a temporary file and renames it, so that no reader ever sees half a plan; then removes the plans used
  // longest ago until the folder is within its bound again.
  [[nodiscard]] Status store(const Plan& plan) const;

  [[nodiscard]] Result<std::vector<CacheEntry>> list() const;  // the most recently used first
  [[nodiscard]] Result<std::uint64_t> clear() const;           // bytes freed; other files stay

 private:
  void remove_abandoned() const;
  std::string folder_;
  std::uint64_t max_bytes_;
  std::string reason_;
};

// Writes the bytes to `path` through a temporary file beside it, "<path>.tmp-" and 64 random bits, and
// rename(); kIo on failure, leaving nothing behind.
[[nodiscard]] Status write_plan_file(const Plan& plan, const std::string& path);

}  // namespace kite
