// SPDX-License-Identifier: Apache-2.0
// A temporary file, disk space reserved in advance, and rename().
#include "plan/format/plan_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
  KITE_TRY_ASSIGN(UnfinishedFile file, UnfinishedFile::create(path + std::string(kTemporaryMark), 0644));
  return PlanFile(path, std::move(file));
}

Status PlanFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::write(file_.fd(), bytes.data(), std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return io_error("cannot write the plan", errno, file_.path());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<PlanBuffer> PlanFile::map(std::uint64_t size_bytes) {
  const int code = ::posix_fallocate(file_.fd(), 0, static_cast<off_t>(size_bytes));
  if (code != 0) return io_error("not enough disk space for the plan", code, file_.path());
  // Writes of the size of a huge page put huge pages into the page cache, and later mappings of the plan then use huge
  // pages, too. Page faults would fill the cache with single pages. (Zen 4: first runs take 0.85 of the time, later
  // runs 0.96; docs/cold-start.md.)
  constexpr std::uint64_t kHugePage = 2 << 20;
  KITE_TRY_ASSIGN(const PlanBuffer zeros, PlanBuffer::allocate(kHugePage));
  for (std::uint64_t left = size_bytes; left > 0;) {
    const std::uint64_t count = std::min(left, kHugePage);
    KITE_TRY(write(zeros.bytes().first(static_cast<std::size_t>(count))));
    left -= count;
  }
  return PlanBuffer::map(file_.fd(), size_bytes);
}

Status PlanFile::publish() {
  const int code = file_.rename_to(path_);
  if (code != 0) return io_error("cannot write the plan", code, path_);
  return {};
}

Status write_plan_file(const Plan& plan, const std::string& path) {
  if (plan.is_borrower()) {
    return Error{ErrorCode::kUsage, "the plan uses the weights of another plan in the cache", path,
                 "open the model without the cache, so that its plan has its own weights"};
  }
  KITE_TRY_ASSIGN(PlanFile file, PlanFile::create(path));
  KITE_TRY(file.write(plan.bytes()));
  return file.publish();
}

}  // namespace kite
