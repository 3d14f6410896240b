// SPDX-License-Identifier: Apache-2.0
// Plans on disk, which are found again by a hash of what they were made from.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_state.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"
#include "plan/format/plan.h"
#include "plan/format/plan_file.h"

namespace kite {

// 128 bits of XXH3 over everything that determines a plan.
using PlanKey = std::array<std::uint64_t, 2>;

// The given contents in their order, the plan version, the name of the target, and the shapes that were asked for.
[[nodiscard]] PlanKey plan_key(std::span<const std::span<const std::byte>> contents, std::string_view target,
                               const std::map<std::string, Shape, std::less<>>& input_shapes, int threads = 1);

// Which plan belonged to a model when the model's contents were last read.
struct Receipt {
  PlanKey plan{};
  PlanKey externals{};  // plan_key() of the states of the external-data files
};

struct CacheEntry {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::int64_t used_at = 0;     // seconds since 1970
  std::int64_t used_at_ns = 0;  // nanoseconds within that second
};

// Room for a dozen large models.
inline constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{4} << 30;

// A folder of plans. No file in it is trusted: one that is not a valid plan with the right key is ignored.
class PlanCache {
 public:
  // 1. `folder` empty: KITE_CACHE_DIR, else $XDG_CACHE_HOME/paperkite, else $HOME/.cache/paperkite.
  // 2. The cache is off, and find() finds nothing, when none of these is set, when the folder cannot be made, when it
  //    belongs to another user, or when other users may write to it.
  // 3. A folder that is made here is for its owner alone.
  // `booted_ns`: when the system was started, see find().
  explicit PlanCache(const std::string& folder, std::uint64_t max_bytes = kMaxCacheBytes,
                     std::int64_t booted_ns = boot_time_ns());
  PlanCache() = default;  // off

  [[nodiscard]] bool enabled() const noexcept { return !folder_.empty(); }
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
  // Why the cache is off, for a warning; empty when it is on.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  // Null when there is no valid plan with this key. A plan that was last used before the system was started is read
  // completely first, because a file that was written shortly before a power cut may have lost bytes. The lender of a
  // plan is found and kept, too.
  [[nodiscard]] std::shared_ptr<const Plan> find(const PlanKey& key, int threads = 1) const;
  // The file for a plan with that key; call add() with it when the plan is made. Only while enabled().
  [[nodiscard]] Result<PlanFile> create(const PlanKey& key) const;
  // Publishes the file, then removes the least recently used plans until the folder is within its limit again.
  [[nodiscard]] Status add(PlanFile file) const;

  // `model`: plan_key() with the model's FileState in place of its contents. nullopt when there is no receipt.
  [[nodiscard]] std::optional<Receipt> receipt(const PlanKey& model) const;
  void keep_receipt(const PlanKey& model, const Receipt& receipt) const;  // after a failure the next start is slower

  // Whether a file was read completely since the system was started, and was found to be what it was when it was made:
  // a file whose plan_key(), with its FileState in place of its contents, is this.
  [[nodiscard]] bool is_known_whole(const PlanKey& file) const;
  void keep_whole(const PlanKey& file) const;  // after a failure the next start is slower

  [[nodiscard]] Result<std::vector<CacheEntry>> list() const;  // the most recently used first
  [[nodiscard]] Result<std::uint64_t> clear() const;           // bytes freed; other files stay

 private:
  [[nodiscard]] std::string path_of(const PlanKey& key, std::string_view suffix) const;
  enum class Borrowing { kAllowed, kRefused };
  [[nodiscard]] std::shared_ptr<const Plan> open_entry(const PlanKey& key, int threads, Borrowing borrowing) const;
  enum class Marks { kOld, kAll };
  std::uint64_t remove_leftovers(Marks marks) const;  // bytes freed
  std::string folder_;
  std::uint64_t max_bytes_ = kMaxCacheBytes;
  std::int64_t booted_ns_ = 0;
  std::string reason_;
};

}  // namespace kite
