// SPDX-License-Identifier: Apache-2.0
// O_EXCL creates the file, and flock() shows that its writer still runs.
#include "base/unfinished_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/random_name.h"

namespace kite {

Result<UnfinishedFile> UnfinishedFile::create(const std::string& start, mode_t mode) {
  const auto error = [&](int code) {
    return Error{ErrorCode::kIo, std::string("cannot create a file: ") + std::strerror(code), start,
                 "check the folder and the free space, or name another folder"};
  };
  for (;;) {
    // From here on nothing allocates, so that the file cannot stay because memory is refused.
    UnfinishedFile file(start + random_digits());
    file.fd_ = ::open(file.path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file.fd_ < 0) {
      const int code = errno;
      if (code == EEXIST) continue;
      return error(code);
    }
    // Between open() and flock() the file looked like one whose writer has died, and may have been
    // removed for that reason.
    while (::flock(file.fd_, LOCK_EX) != 0 && errno == EINTR) continue;
    struct stat info{};
    if (::fstat(file.fd_, &info) != 0 || info.st_nlink > 0) return file;
  }
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), leftover_(std::move(other.leftover_)) {}

UnfinishedFile::~UnfinishedFile() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

int UnfinishedFile::rename_to(const std::string& target) noexcept {
  // The lock lasts as long as either descriptor is open, and close() is the call that reports a write that failed late.
  const int lock = ::dup(fd_);
  int code = ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
  if (code == 0 && ::rename(path_.c_str(), target.c_str()) != 0) code = errno;
  if (code != 0) ::unlink(path_.c_str());
  if (lock >= 0) ::close(lock);
  leftover_ = Leftover();
  return code;
}

bool remove_if_abandoned(const std::string& path) noexcept {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  const int code = ::flock(fd, LOCK_SH | LOCK_NB) == 0 ? 0 : errno;
  bool is_abandoned = code == 0;
  struct stat info{};
  // On a file system without locks, a file counts as abandoned after an hour: writing the largest model takes seconds.
  constexpr std::int64_t kAbandonedSeconds = 3600;
  if (code != 0 && code != EWOULDBLOCK && ::fstat(fd, &info) == 0) {
    is_abandoned = std::time(nullptr) - info.st_mtim.tv_sec > kAbandonedSeconds;
  }
  // Removed while the lock is held: a writer that is about to lock the same file then sees that it is gone.
  const bool is_removed = is_abandoned && ::unlink(path.c_str()) == 0;
  ::close(fd);
  return is_removed;
}

}  // namespace kite
