// SPDX-License-Identifier: Apache-2.0
// Temporary file, room, rename().
#include "plan/plan_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "paperkite/try.h"

namespace kite {

namespace {

Error io_error(std::string what, int code, const std::string& path) {
  return Error{ErrorCode::kIo, std::move(what) + ": " + std::strerror(code), path,
               "check the folder and the free space, or name another folder"};
}

}  // namespace

Result<PlanFile> PlanFile::create(const std::string& path) {
  // A name of the process's number would do for processes, not for two threads of one, nor for containers, where
  // every process may have the same number.
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) return io_error("cannot create the plan", errno, path);
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(random));
  std::string temporary = path + std::string(kTemporaryMark) + digits;
  const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return io_error("cannot create the plan", errno, temporary);
  return PlanFile(path, std::move(temporary), fd);
}

PlanFile::PlanFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

PlanFile::PlanFile(PlanFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::move(other.temporary_)), fd_(std::exchange(other.fd_, -1)) {}

PlanFile::~PlanFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

Status PlanFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error("cannot write the plan", errno, temporary_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<PlanBuffer> PlanFile::map(std::uint64_t size_bytes) {
  const int code = ::posix_fallocate(fd_, 0, static_cast<off_t>(size_bytes));
  if (code != 0) return io_error("no room for the plan", code, temporary_);
  // Writes as large as a huge page make page cache of huge pages, which whoever maps the plan later maps as such;
  // faults would make it page by page. (Zen 4: first runs take 0.85 of the time, later ones 0.96; docs/cold-start.md.)
  constexpr std::uint64_t kHugePage = 2 << 20;
  KITE_TRY_ASSIGN(const PlanBuffer zeros, PlanBuffer::allocate(kHugePage));
  for (std::uint64_t left = size_bytes; left > 0;) {
    const std::uint64_t count = std::min(left, kHugePage);
    KITE_TRY(write(zeros.bytes().first(static_cast<std::size_t>(count))));
    left -= count;
  }
  return PlanBuffer::map(fd_, size_bytes);
}

Status PlanFile::publish() {
  const int fd = std::exchange(fd_, -1);
  Status status;
  if (::close(fd) != 0) status = io_error("cannot write the plan", errno, temporary_);
  if (status.ok() && ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    status = io_error("cannot name the plan", errno, path_);
  }
  if (!status.ok()) ::unlink(temporary_.c_str());
  return status;
}

Status write_plan_file(const Plan& plan, const std::string& path) {
  if (plan.is_borrower()) {
    return Error{ErrorCode::kUsage, "the plan's weights are those of another plan in the cache", path,
                 "open the model without the cache to get a plan of its own"};
  }
  KITE_TRY_ASSIGN(PlanFile file, PlanFile::create(path));
  KITE_TRY(file.write(plan.bytes()));
  return file.publish();
}

}  // namespace kite
