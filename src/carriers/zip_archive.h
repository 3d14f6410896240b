// SPDX-License-Identifier: Apache-2.0
// Reads zip archives that hold models.
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

// A file of an archive. Its name has been checked: relative, no "..", no empty component, at most kMaxParts deep.
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
  // 1. kInvalidModel for a damaged archive, and for names that lead out of its folder.
  // 2. kUnsupportedModel for encrypted archives, zip64, and other methods than stored and deflate.
  // 3. kLimit for more than 4,096 files or 8 GiB.
  // 4. Folders and symbolic links are left out.
  [[nodiscard]] static Result<ZipArchive> open(const std::string& path);

  [[nodiscard]] const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  // Creates a file at `path` that only its owner may read, and writes it. kInvalidModel where size or checksum differ
  // from those that the directory states.
  [[nodiscard]] Status unpack(const ZipEntry& entry, const std::string& path) const;

 private:
  explicit ZipArchive(MappedFile file) : file_(std::move(file)) {}
  Status read_directory();
  [[nodiscard]] Result<std::span<const std::byte>> packed(const ZipEntry& entry) const;

  MappedFile file_;
  std::vector<ZipEntry> entries_;
};

}  // namespace kite
