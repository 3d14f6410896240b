// SPDX-License-Identifier: Apache-2.0
// A regular file that is open for reading. Any other kind of file is refused, and the error names the kind, so that a
// FIFO cannot hang the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/file_state.h"
#include "paperkite/error.h"

namespace kite {

// A copy of a file's bytes in the process's own memory: a later change of the file does not change it.
class FileBytes {
 public:
  FileBytes() = default;
  FileBytes(std::unique_ptr<std::byte[]> data, std::size_t size_bytes)
      : data_(std::move(data)), size_bytes_(size_bytes) {}
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_bytes_}; }

 private:
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_bytes_ = 0;
};

// Move-only.
class RegularFile {
 public:
  // kIo when the file cannot be opened or is a directory, FIFO or device (the message names which).
  [[nodiscard]] static Result<RegularFile> open(const std::string& path);
  // The same test for a descriptor that is open already. `path` is for messages.
  [[nodiscard]] static Result<FileState> state_of(int fd, const std::string& path);

  RegularFile(RegularFile&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), state_(other.state_) {}
  RegularFile& operator=(RegularFile&&) = delete;
  ~RegularFile();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] const FileState& state() const noexcept { return state_; }  // when it was opened
  // Its first bytes, at most `most_bytes` and at most as many as it had when it was opened. kIo where it has become
  // shorter, kLimit where there is no memory.
  [[nodiscard]] Result<FileBytes> read(std::size_t most_bytes) const;
  // Fills all of `into` with the bytes of the file that begin at an offset. kIo where the file ends before that.
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  RegularFile(std::string path, int fd, const FileState& state) : path_(std::move(path)), fd_(fd), state_(state) {}
  std::string path_;
  int fd_ = -1;
  FileState state_;
};

}  // namespace kite
