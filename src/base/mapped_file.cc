// SPDX-License-Identifier: Apache-2.0
// mmap of regular files, or of memory that is filled with their bytes.
#include "base/mapped_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/mapped_path.h"
#include "base/regular_file.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// Paths are copied, because a signal handler cannot read an object that another thread may be moving. Of a model with
// more files than this, the others have no name. Paths lie apart, and need no constructor: a start touches no page of
// them that it does not use.
struct Listed {
  std::atomic<bool> is_taken = false;
  std::atomic<const std::byte*> begin = nullptr;
  std::atomic<std::size_t> size_bytes = 0;
};
constexpr std::size_t kMostListed = 32;
constinit std::array<Listed, kMostListed> listed_files{};
constinit std::array<std::array<char, PATH_MAX>, kMostListed> listed_paths{};

void list_file(const std::byte* begin, std::size_t size_bytes, const std::string& path) noexcept {
  if (path.size() >= PATH_MAX) return;
  for (std::size_t i = 0; i < kMostListed; ++i) {
    if (listed_files[i].is_taken.exchange(true)) continue;
    std::memcpy(listed_paths[i].data(), path.c_str(), path.size() + 1);
    listed_files[i].size_bytes = size_bytes;
    listed_files[i].begin = begin;
    return;
  }
}

void unlist_file(const std::byte* begin) noexcept {
  for (Listed& place : listed_files) {
    const std::byte* expected = begin;
    if (!place.begin.compare_exchange_strong(expected, nullptr)) continue;
    place.is_taken = false;
    return;
  }
}

}  // namespace

const char* mapped_path_of(const void* address) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  for (std::size_t i = 0; i < kMostListed; ++i) {
    const auto begin = reinterpret_cast<std::uintptr_t>(listed_files[i].begin.load());
    if (begin != 0 && at >= begin && at - begin < listed_files[i].size_bytes) return listed_paths[i].data();
  }
  return nullptr;
}

Result<MappedFile> MappedFile::open(const std::string& path, FileAccess access) {
  KITE_TRY_ASSIGN(const RegularFile file, RegularFile::open(path));
  return map_regular(file.fd(), path, file.state(), access);
}

Result<MappedFile> MappedFile::map(int fd, const std::string& path, FileAccess access) {
  KITE_TRY_ASSIGN(const FileState state, RegularFile::state_of(fd, path));
  return map_regular(fd, path, state, access);
}

Result<MappedFile> MappedFile::map_regular(int fd, const std::string& path, const FileState& state, FileAccess access) {
  MappedFile file;
  file.path_ = path;
  file.state_ = state;
  file.size_bytes_ = static_cast<std::size_t>(state.size_bytes);
  if (file.size_bytes_ == 0) return file;  // mmap refuses length 0; an empty span says the same
  const bool is_copy = access == FileAccess::kCopied;
  void* address = is_copy
                      ? ::mmap(nullptr, file.size_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                      : ::mmap(nullptr, file.size_bytes_, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) {
    file.size_bytes_ = 0;
    return Error{errno == ENOMEM ? ErrorCode::kLimit : ErrorCode::kIo,
                 std::string("cannot map the file: ") + std::strerror(errno),
                 path,
                 {}};
  }
  file.data_ = static_cast<const std::byte*>(address);
  // Bytes that are not in the page cache are then read as huge pages, in half the time, and are mapped as huge pages
  // for as long as they stay there (docs/cold-start.md). This is a hint: a file system without huge pages ignores it.
  ::madvise(address, file.size_bytes_, MADV_HUGEPAGE);
  if (is_copy) {
    KITE_TRY(file.fill(fd));
  } else {
    list_file(file.data_, file.size_bytes_, path);
  }
  return file;
}

Status MappedFile::fill(int fd) {
  auto* const begin = const_cast<std::byte*>(data_);
  std::size_t done = 0;
  while (done < size_bytes_) {
    const ssize_t count = ::pread(fd, begin + done, size_bytes_ - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{ErrorCode::kIo, std::string("cannot read the file: ") + std::strerror(errno), path_, {}};
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  KITE_TRY_ASSIGN(const FileState state, RegularFile::state_of(fd, path_));
  if (done == size_bytes_ && state == state_) return {};
  return Error{ErrorCode::kIo, "the file changed while it was read", path_,
               "open it again; to replace a file in use, write another one and rename it"};
}

Status MappedFile::check_unchanged() const {
  const auto now = file_state(path_);
  const bool is_same_file = now && now->device == state_.device && now->inode == state_.inode;
  if (!is_same_file || has_same_bytes(*now, state_)) return {};
  return Error{ErrorCode::kIo, "the file changed while it was read", path_,
               "open it again; to replace a file in use, write another one and rename it"};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)),
      path_(std::move(other.path_)),
      state_(other.state_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  std::swap(path_, other.path_);
  std::swap(state_, other.state_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  unlist_file(data_);
  ::munmap(const_cast<std::byte*>(data_), size_bytes_);
}

}  // namespace kite
