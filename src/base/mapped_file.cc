// SPDX-License-Identifier: Apache-2.0
// mmap of regular files; everything else is refused with its kind, so that a FIFO cannot hang the program.
#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace kite {

namespace {

Error io_error(const std::string& path, std::string what, std::string remedy) {
  return Error{ErrorCode::kIo, std::move(what), path, std::move(remedy)};
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISSOCK(mode)) return "a socket";
  return "not a regular file";
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int code = errno;
    return io_error(path, std::string("cannot open the file: ") + std::strerror(code),
                    code == ENOENT ? "check the path" : "check the permissions");
  }
  auto mapped = map(fd, path);
  ::close(fd);
  return mapped;
}

Result<MappedFile> MappedFile::map(int fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return io_error(path, std::string("cannot stat the file: ") + std::strerror(errno), {});
  if (!S_ISREG(info.st_mode)) {
    return io_error(path, std::string("expected a file, found ") + kind_of(info.st_mode), "name a regular file");
  }
  MappedFile file;
  file.path_ = path;
  file.state_ = file_state(info);
  file.size_bytes_ = static_cast<std::size_t>(info.st_size);
  if (file.size_bytes_ == 0) return file;  // mmap refuses length 0; an empty span says the same
  void* address = ::mmap(nullptr, file.size_bytes_, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) {
    file.size_bytes_ = 0;
    return io_error(path, std::string("cannot map the file: ") + std::strerror(errno), {});
  }
  file.data_ = static_cast<const std::byte*>(address);
  // What is not in the page cache is then read as huge pages, in half the time, and mapped as such for as long as it
  // stays there (docs/cold-start.md). A hint: where the file system has none, nothing changes.
  ::madvise(address, file.size_bytes_, MADV_HUGEPAGE);
  return file;
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
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_bytes_);
}

}  // namespace kite
