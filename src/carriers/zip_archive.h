// SPDX-License-Identifier: Apache-2.0
// Reads zip archives: of models, and of NumPy's arrays.
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

// What the names of an archive are for.
enum class ZipNames : std::uint8_t {
  kPaths,  // each is a path below the folder into which it is unpacked: relative, no "..", at most 8 components
  kAny,    // a key, which may be any text; nothing is unpacked into files
};

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
  // 1. kInvalidModel for a damaged archive, and for a name that is not of the kind `names`.
  // 2. kUnsupportedModel for encrypted archives, and for other methods than stored and deflate.
  // 3. kLimit for more than 65,536 files or 8 GiB.
  // 4. Folders and symbolic links are left out. The zip64 form is read, too.
  [[nodiscard]] static Result<ZipArchive> open(const std::string& path, ZipNames names = ZipNames::kPaths);

  [[nodiscard]] const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  // Creates a file at `path` that only its owner may read, and writes it. kInvalidModel where size or checksum differ
  // from those that the directory states.
  [[nodiscard]] Status unpack(const ZipEntry& entry, const std::string& path) const;
  // Its first `at_most` bytes. Size and checksum are tested as in unpack() where that is the whole entry.
  [[nodiscard]] Result<std::vector<std::byte>> read(const ZipEntry& entry,
                                                    std::uint64_t at_most = ~std::uint64_t{0}) const;

 private:
  explicit ZipArchive(MappedFile file) : file_(std::move(file)) {}
  Status read_directory(ZipNames names);
  [[nodiscard]] Result<std::span<const std::byte>> packed(const ZipEntry& entry) const;

  MappedFile file_;
  std::vector<ZipEntry> entries_;
};

}  // namespace kite
