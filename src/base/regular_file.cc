// SPDX-License-Identifier: Apache-2.0
// open(2), a check of the file's kind, and pread(2) until all bytes are read.
#include "base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "paperkite/try.h"

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

Result<FileState> RegularFile::state_of(int fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return io_error(path, std::string("cannot stat the file: ") + std::strerror(errno), {});
  if (!S_ISREG(info.st_mode)) {
    return io_error(path, std::string("expected a file, found ") + kind_of(info.st_mode), "name a regular file");
  }
  return file_state(info);
}

Result<RegularFile> RegularFile::open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int code = errno;
    return io_error(path, std::string("cannot open the file: ") + std::strerror(code),
                    code == ENOENT ? "check the path" : "check the permissions");
  }
  RegularFile file(path, fd, {});
  KITE_TRY_ASSIGN(file.state_, state_of(fd, path));
  return file;
}

RegularFile::~RegularFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<FileBytes> RegularFile::read(std::size_t most_bytes) const {
  const std::size_t wanted = std::min<std::size_t>(most_bytes, state_.size_bytes);
  std::unique_ptr<std::byte[]> data(new (std::nothrow) std::byte[wanted]);
  if (data == nullptr) {
    return Error{ErrorCode::kLimit, "no memory for " + std::to_string(wanted) + " bytes", path_, "allow more memory"};
  }
  KITE_TRY(read_at(0, {data.get(), wanted}));
  return FileBytes(std::move(data), wanted);
}

Status RegularFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  for (std::size_t done = 0; done < into.size();) {
    const ssize_t count = ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path_, std::string("cannot read the file: ") + std::strerror(errno), {});
    if (count == 0)
      return io_error(path_, "the file became shorter while it was read", "try again when it is complete");
    done += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace kite
