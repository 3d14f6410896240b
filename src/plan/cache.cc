// SPDX-License-Identifier: Apache-2.0
// The plan cache: one file a plan, named by its key.
#include "plan/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <xxhash.h>

#include "base/mapped_file.h"
#include "base/try.h"
#include "plan/format.h"

namespace kite {

namespace fs = std::filesystem;

namespace {

// Room for a dozen large models; the oldest go first.
constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{4} << 30;
constexpr const char* kSuffix = ".plan";

std::string default_folder() {
  const auto variable = [](const char* name) { return std::string(std::getenv(name) != nullptr ? std::getenv(name) : ""); };
  if (const std::string own = variable("KITE_CACHE_DIR"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/paperkite";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/paperkite";
  return {};
}

std::string file_name(const PlanKey& key) {
  char name[40];
  std::snprintf(name, sizeof name, "%016llx%016llx%s", static_cast<unsigned long long>(key[0]),
                static_cast<unsigned long long>(key[1]), kSuffix);
  return name;
}

Error io_error(std::string what, const std::string& path) {
  return Error{ErrorCode::kIo, std::move(what) + ": " + std::strerror(errno), path, {}};
}

Status write_all(int fd, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error("cannot write the plan", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

PlanKey plan_key(std::span<const std::span<const std::byte>> contents, Isa isa,
                 const std::map<std::string, Shape, std::less<>>& input_shapes) {
  // Every piece goes in behind its length, so that no two different lists of pieces give the same bytes.
  XXH3_state_t* state = XXH3_createState();
  XXH3_128bits_reset(state);
  const auto add_number = [&](std::uint64_t n) { XXH3_128bits_update(state, &n, sizeof n); };
  const auto add = [&](const void* data, std::size_t size) {
    add_number(size);
    XXH3_128bits_update(state, data, size);
  };
  add_number(plan_format::kVersion);
  add_number(static_cast<std::uint64_t>(isa));
  for (const auto& [name, shape] : input_shapes) {
    add(name.data(), name.size());
    add(shape.dims().data(), shape.dims().size_bytes());
  }
  for (const auto& content : contents) add(content.data(), content.size());
  const XXH128_hash_t hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  return {hash.low64, hash.high64};
}

Status write_plan_file(const Plan& plan, const std::string& path) {
  // In the target folder, so that rename() stays within one file system; the name carries the process for uniqueness.
  const std::string temporary = path + ".tmp-" + std::to_string(::getpid());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return io_error("cannot create the plan", temporary);
  Status status = write_all(fd, plan.bytes(), temporary);
  if (::close(fd) != 0 && status.ok()) status = io_error("cannot write the plan", temporary);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = io_error("cannot name the plan", path);
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

PlanCache::PlanCache(const std::string& folder) {
  const std::string wanted = folder.empty() ? default_folder() : folder;
  if (wanted.empty()) {
    reason_ = "no cache folder: neither KITE_CACHE_DIR, XDG_CACHE_HOME nor HOME is set";
    return;
  }
  std::error_code error;
  fs::create_directories(wanted, error);
  struct stat info {};
  if (error || ::stat(wanted.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    reason_ = "no plan cache: cannot create the folder " + wanted;
  } else if (info.st_uid != ::geteuid()) {
    reason_ = "no plan cache: the folder " + wanted + " belongs to another user";
  } else if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    reason_ = "no plan cache: others may write to the folder " + wanted + " (chmod go-w)";
  } else {
    folder_ = wanted;
  }
}

std::shared_ptr<const Plan> PlanCache::find(const PlanKey& key) const {
  if (!enabled()) return nullptr;
  const std::string path = folder_ + "/" + file_name(key);
  auto file = MappedFile::open(path);
  if (!file.ok()) return nullptr;
  auto plan = Plan::open(std::move(file).value());
  if (!plan.ok() || (*plan)->header().key[0] != key[0] || (*plan)->header().key[1] != key[1]) return nullptr;
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // "last used"; a failure only ages the entry
  return *plan;
}

Status PlanCache::store(const Plan& plan) const {
  if (!enabled()) return {};
  KITE_TRY(write_plan_file(plan, folder_ + "/" + file_name({plan.header().key[0], plan.header().key[1]})));
  KITE_TRY_ASSIGN(const auto entries, list());
  std::uint64_t total = 0;
  for (const CacheEntry& entry : entries) {
    total += entry.size_bytes;
    // The newest stays even if it alone is over the bound: it is what was asked for.
    if (total > kMaxCacheBytes && &entry != &entries.front()) ::unlink(entry.path.c_str());
  }
  return {};
}

Result<std::vector<CacheEntry>> PlanCache::list() const {
  std::vector<CacheEntry> entries;
  if (!enabled()) return entries;
  std::error_code error;
  for (auto it = fs::directory_iterator(folder_, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->path().extension() != kSuffix) continue;
    struct stat info {};
    if (::stat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    entries.push_back({it->path().string(), static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec});
  }
  if (error) return Error{ErrorCode::kIo, "cannot list the plan cache: " + error.message(), folder_, {}};
  std::ranges::sort(entries, [](const CacheEntry& a, const CacheEntry& b) {
    return a.used_at != b.used_at ? a.used_at > b.used_at : a.path < b.path;
  });
  return entries;
}

Result<std::uint64_t> PlanCache::clear() const {
  KITE_TRY_ASSIGN(const auto entries, list());
  std::uint64_t freed = 0;
  for (const CacheEntry& entry : entries) {
    if (::unlink(entry.path.c_str()) != 0) return io_error("cannot remove the plan", entry.path);
    freed += entry.size_bytes;
  }
  return freed;
}

}  // namespace kite
