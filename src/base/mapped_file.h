// SPDX-License-Identifier: Apache-2.0
// The bytes of a file, in memory for as long as the object lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/file_state.h"
#include "paperkite/error.h"

namespace kite {

// Mapped: private and read-only, and pages stay shared with the page cache. Another program that shortens the file then
// stops this one with SIGBUS. Copied: into memory of its own; a change of the file meanwhile is kIo, and a later one
// changes nothing.
enum class FileAccess : std::uint8_t { kMapped, kCopied };

// Move-only.
class MappedFile {
 public:
  // Refuses what RegularFile::open() refuses.
  [[nodiscard]] static Result<MappedFile> open(const std::string& path, FileAccess access = FileAccess::kMapped);

  // The same of an already open regular file. Closes nothing; `path` is for messages.
  [[nodiscard]] static Result<MappedFile> map(int fd, const std::string& path, FileAccess access = FileAccess::kMapped);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_bytes_}; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const FileState& state() const noexcept { return state_; }  // when it was opened

  // kIo where somebody wrote into the file since it was opened. A file that another one has replaced under its name is
  // unchanged.
  [[nodiscard]] Status check_unchanged() const;

 private:
  [[nodiscard]] static Result<MappedFile> map_regular(int fd, const std::string& path, const FileState& state,
                                                      FileAccess access);
  [[nodiscard]] Status fill(int fd);
  const std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::string path_;
  FileState state_;
};

}  // namespace kite
