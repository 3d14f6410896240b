// SPDX-License-Identifier: Apache-2.0
// The plan cache: one file for each plan, named by its key.
#include "plan/source/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <tuple>

#include <xxhash.h>

#include "base/block_hash.h"
#include "base/folder_reader.h"
#include "base/mapped_file.h"
#include "base/unfinished_file.h"
#include "paperkite/try.h"
#include "plan/format/format.h"

namespace kite {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPlanSuffix = ".plan";
constexpr std::string_view kReceiptSuffix = ".receipt";
constexpr std::string_view kWholeSuffix = ".whole";  // an empty file, which counts until the system is started again
constexpr std::size_t kNameDigits = 32;              // 128 bits of key

std::string default_folder() {
  const auto variable = [](const char* name) {
    return std::string(std::getenv(name) != nullptr ? std::getenv(name) : "");
  };
  if (const std::string own = variable("KITE_CACHE_DIR"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/paperkite";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/paperkite";
  return {};
}

// True for the names that path_of() gives. Other files in the folder do not belong to the cache: it neither
// counts nor removes them.
bool is_name(std::string_view name, std::string_view suffix) {
  if (name.size() != kNameDigits + suffix.size() || !name.ends_with(suffix)) return false;
  return name.substr(0, kNameDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// True for the names of the files that PlanFile leaves when the process is killed.
bool is_temporary_name(std::string_view name) {
  const std::size_t tail = name.find(kTemporaryMark);
  return tail != std::string_view::npos && is_name(name.substr(0, tail), kPlanSuffix);
}

// A receipt on disk. `check` shows whether the file is complete or was cut off.
struct ReceiptRecord {
  Receipt receipt;
  std::uint64_t check = 0;
  [[nodiscard]] std::uint64_t expected() const noexcept { return XXH3_64bits(&receipt, sizeof receipt); }
};
static_assert(sizeof(ReceiptRecord) == 40);

std::optional<Receipt> read_receipt(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  ReceiptRecord record;
  const ssize_t count = ::read(fd, &record, sizeof record);
  ::close(fd);
  if (count != sizeof record || record.check != record.expected()) return std::nullopt;
  return record.receipt;
}

// The folder is made for its owner alone, independent of the umask: otherwise it would not be trusted.
bool make_folder(const std::string& folder) {
  fs::path path = fs::path(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  return !error && (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST);
}

Error io_error(std::string what, const std::string& path) {
  return Error{ErrorCode::kIo, std::move(what) + ": " + std::strerror(errno), path, {}};
}

}  // namespace

PlanKey plan_key(std::span<const std::span<const std::byte>> contents, std::string_view target,
                 const std::map<std::string, Shape, std::less<>>& input_shapes, int threads) {
  // Every piece is hashed after its length, so that two different lists of pieces never give the same bytes.
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> owner(XXH3_createState(), &XXH3_freeState);
  if (owner == nullptr) throw std::bad_alloc();
  XXH3_state_t* const state = owner.get();
  XXH3_128bits_reset(state);
  const auto add_number = [&](std::uint64_t n) { XXH3_128bits_update(state, &n, sizeof n); };
  const auto add = [&](const void* data, std::size_t size) {
    add_number(size);
    XXH3_128bits_update(state, data, size);
  };
  add_number(plan_format::kVersion);
  add(target.data(), target.size());
  add_number(input_shapes.size());
  for (const auto& [name, shape] : input_shapes) {
    add(name.data(), name.size());
    add(shape.dims().data(), shape.dims().size_bytes());
  }
  for (const auto& content : contents) {
    add_number(content.size());
    const auto hash = block_hash(content, threads);
    add(hash.data(), sizeof hash);
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state);
  return {hash.low64, hash.high64};
}

PlanCache::PlanCache(const std::string& folder, std::uint64_t max_bytes, std::int64_t booted_ns)
    : max_bytes_(max_bytes), booted_ns_(booted_ns) {
  const std::string wanted = folder.empty() ? default_folder() : folder;
  if (wanted.empty()) {
    reason_ = "no cache folder: neither KITE_CACHE_DIR, XDG_CACHE_HOME nor HOME is set";
    return;
  }
  struct stat info{};
  if (!make_folder(wanted) || ::stat(wanted.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    reason_ = "no plan cache: cannot create the folder " + wanted;
  } else if (info.st_uid != ::geteuid()) {
    reason_ = "no plan cache: the folder " + wanted + " belongs to another user";
  } else if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    reason_ = "no plan cache: others may write to the folder " + wanted + " (chmod go-w)";
  } else {
    folder_ = wanted;
  }
}

std::string PlanCache::path_of(const PlanKey& key, std::string_view suffix) const {
  char digits[kNameDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(key[0]),
                static_cast<unsigned long long>(key[1]));
  return folder_ + '/' + digits + std::string(suffix);
}

std::shared_ptr<const Plan> PlanCache::find(const PlanKey& key, int threads) const {
  return enabled() ? open_entry(key, threads, Borrowing::kAllowed) : nullptr;
}

std::shared_ptr<const Plan> PlanCache::open_entry(const PlanKey& key, int threads, Borrowing borrowing) const {
  const std::string path = path_of(key, kPlanSuffix);
  auto file = MappedFile::open(path);
  if (!file.ok()) return nullptr;
  const bool used_since_boot = file->state().changed_ns >= booted_ns_;
  std::shared_ptr<const Plan> lender;
  if (const auto wanted = lender_key(file->bytes())) {
    if (borrowing == Borrowing::kRefused) return nullptr;  // a lender must have its own constants
    lender = open_entry(*wanted, threads, Borrowing::kRefused);
    if (lender == nullptr) return nullptr;
  }
  auto plan = Plan::open(std::move(file).value(), std::move(lender));
  if (!plan.ok() || (*plan)->header().key[0] != key[0] || (*plan)->header().key[1] != key[1]) return nullptr;
  // A size in a damaged header would look like a model that needs more memory than there is.
  if ((*plan)->header().header_check != header_check((*plan)->header())) return nullptr;
  if (!used_since_boot && !(*plan)->is_intact(threads)) return nullptr;
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // "last used"; after a failure the entry only seems older
  return *plan;
}

Result<PlanFile> PlanCache::create(const PlanKey& key) const { return PlanFile::create(path_of(key, kPlanSuffix)); }

Status PlanCache::add(PlanFile file) const {
  KITE_TRY(file.publish());
  KITE_TRY_ASSIGN(const auto entries, list());
  std::uint64_t total = 0;
  for (const CacheEntry& entry : entries) {
    total += entry.size_bytes;
    // The newest plan stays even if it alone is over the limit, because it is the one in use.
    if (total > max_bytes_ && &entry != &entries.front()) ::unlink(entry.path.c_str());
  }
  remove_leftovers(Marks::kOld);
  return {};
}

std::optional<Receipt> PlanCache::receipt(const PlanKey& model) const {
  return enabled() ? read_receipt(path_of(model, kReceiptSuffix)) : std::nullopt;
}

void PlanCache::keep_receipt(const PlanKey& model, const Receipt& receipt) const {
  ReceiptRecord record{receipt};
  record.check = record.expected();
  const std::string path = path_of(model, kReceiptSuffix);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd < 0) return;
  const bool written = ::write(fd, &record, sizeof record) == sizeof record;
  ::close(fd);
  if (!written) ::unlink(path.c_str());
}

bool PlanCache::is_known_whole(const PlanKey& file) const {
  if (!enabled()) return false;
  const auto mark = file_state(path_of(file, kWholeSuffix));
  return mark && mark->changed_ns >= booted_ns_;
}

void PlanCache::keep_whole(const PlanKey& file) const {
  if (!enabled()) return;
  const std::string path = path_of(file, kWholeSuffix);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd < 0) return;
  ::futimens(fd, nullptr);  // a mark of before the system was started counts again
  ::close(fd);
}

// Removes the files of processes that were killed while they wrote, the receipts of plans that no longer exist, and the
// marks that no longer count.
std::uint64_t PlanCache::remove_leftovers(Marks marks) const {
  std::uint64_t freed = 0;
  for (FolderReader reader(folder_); reader.next();) {
    const std::string& name = reader.name();
    const std::string& path = reader.path();
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) continue;
    const auto size_bytes = static_cast<std::uint64_t>(info.st_size);
    if (is_temporary_name(name)) {
      if (remove_if_abandoned(path)) freed += size_bytes;
    } else if (is_name(name, kWholeSuffix)) {
      if (marks == Marks::kAll || file_state(info).changed_ns < booted_ns_) ::unlink(path.c_str());
    } else if (is_name(name, kReceiptSuffix)) {
      const auto receipt = read_receipt(path);
      const bool has_plan = receipt && ::lstat(path_of(receipt->plan, kPlanSuffix).c_str(), &info) == 0;
      if (!has_plan && ::unlink(path.c_str()) == 0) freed += size_bytes;
    }
  }
  return freed;
}

Result<std::vector<CacheEntry>> PlanCache::list() const {
  std::vector<CacheEntry> entries;
  if (!enabled()) return entries;
  FolderReader reader(folder_);
  while (reader.next()) {
    if (!is_name(reader.name(), kPlanSuffix)) continue;
    struct stat info{};
    if (::lstat(reader.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    entries.push_back(
        {reader.path(), static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec});
  }
  if (reader.failure() != 0) {
    return reader.error("cannot list the plan cache: ", folder_,
                        "check the permissions, or name another folder with --cache-dir");
  }
  std::ranges::sort(entries, [](const CacheEntry& a, const CacheEntry& b) {
    return std::tie(b.used_at, b.used_at_ns, a.path) < std::tie(a.used_at, a.used_at_ns, b.path);
  });
  return entries;
}

Result<std::uint64_t> PlanCache::clear() const {
  KITE_TRY_ASSIGN(const auto entries, list());
  std::uint64_t freed = 0;
  for (const CacheEntry& entry : entries) {
    if (::unlink(entry.path.c_str()) != 0 && errno != ENOENT) return io_error("cannot remove the plan", entry.path);
    freed += entry.size_bytes;
  }
  if (enabled()) freed += remove_leftovers(Marks::kAll);
  return freed;
}

}  // namespace kite
