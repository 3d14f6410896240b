// SPDX-License-Identifier: Apache-2.0
// Reads zip archives in which models are handed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "paperkite/error.h"

namespace kite {

// A file of an archive. Its name has been judged: relative, no "..", no empty part, at most kMaxParts deep.
struct ZipEntry {
  std::string name;
  std::uint64_t packed_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t header_at = 0;
  std::uint32_t crc = 0;
  bool is_deflated = false;
};

class ZipArchive {
 public:
  // kInvalidModel for what is no sound archive, and for names that lead out of it; kUnsupportedModel for encrypted
  // ones, zip64 and other methods than stored and deflate; kLimit for more than 4,096 files or 8 GiB. Folders and
  // symbolic links are left out.
  [[nodiscard]] static Result<ZipArchive> open(const std::string& path);

  [[nodiscard]] const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  // Writes a file anew at `path`, as its owner's alone. kInvalidModel where size or checksum are not what was stated.
  [[nodiscard]] Status unpack(const ZipEntry& entry, const std::string& path) const;

 private:
  explicit ZipArchive(MappedFile file) : file_(std::move(file)) {}
  Status read_directory();
  [[nodiscard]] Result<std::span<const std::byte>> packed(const ZipEntry& entry) const;

  MappedFile file_;
  std::vector<ZipEntry> entries_;
};

}  // namespace kite
