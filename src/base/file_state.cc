// SPDX-License-Identifier: Apache-2.0
// Times of files against the system's clock.
#include "base/file_state.h"

#include <ctime>

namespace kite {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// The coarsest stamps in use are FAT's two seconds.
constexpr std::int64_t kSettleNs = 2 * kNsPerSecond;

std::int64_t nanoseconds(const timespec& time) noexcept { return time.tv_sec * kNsPerSecond + time.tv_nsec; }

std::int64_t now_ns(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return nanoseconds(now);
}

}  // namespace

FileState file_state(const struct stat& info) noexcept {
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
          static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

std::optional<FileState> file_state(const std::string& path) noexcept {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return file_state(info);
}

bool has_same_bytes(const FileState& one, const FileState& other) noexcept {
  return one.device == other.device && one.inode == other.inode && one.size_bytes == other.size_bytes &&
         one.modified_ns == other.modified_ns;
}

bool is_settled(const FileState& state) noexcept {
  const std::int64_t now = now_ns(CLOCK_REALTIME);
  return now - state.modified_ns >= kSettleNs && now - state.changed_ns >= kSettleNs;
}

std::int64_t boot_time_ns() noexcept { return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME); }

}  // namespace kite
