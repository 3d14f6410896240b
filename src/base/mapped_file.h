// SPDX-License-Identifier: Apache-2.0
// A read-only file mapped into memory for as long as the object lives.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/file_state.h"
#include "paperkite/error.h"

namespace kite {

// Move-only. The mapping is private and read-only; pages stay shared with the page cache.
class MappedFile {
 public:
  // Refuses what RegularFile::open() refuses.
  [[nodiscard]] static Result<MappedFile> open(const std::string& path);

  // Maps an already open regular file and closes nothing; `path` is for messages.
  [[nodiscard]] static Result<MappedFile> map(int fd, const std::string& path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_bytes_}; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const FileState& state() const noexcept { return state_; }  // when it was opened

 private:
  [[nodiscard]] static Result<MappedFile> map_regular(int fd, const std::string& path, const FileState& state);
  const std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::string path_;
  FileState state_;
};

}  // namespace kite
