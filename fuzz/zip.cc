// SPDX-License-Identifier: Apache-2.0
// Any bytes as a zip: its members, and the model in it that a user means who names it.
#include <filesystem>
#include <string>

#include "base/test_folder.h"
#include "carriers/find_model.h"
#include "carriers/zip_archive.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

constexpr std::uint64_t kMostUnpacked = 1 << 20;  // so that a run is short

// A member that unpacks also reads as so many bytes.
void unpack_all(const TestFolder& folder, const std::string& path) {
  using enum ErrorCode;
  for (const ZipNames names : {ZipNames::kPaths, ZipNames::kAny}) {
    const auto archive = ZipArchive::open(path, names);
    if (!archive.ok()) {
      check_error(archive.error(), {kInvalidModel, kUnsupportedModel, kLimit});
      continue;
    }
    int count = 0;
    for (const ZipEntry& entry : archive->entries()) {
      if (entry.size_bytes > kMostUnpacked || ++count > 8) continue;
      const std::string into = folder / "unpacked";
      const Status unpacked = archive->unpack(entry, into);
      const auto read = archive->read(entry);
      KITE_CHECK(unpacked.ok() == read.ok());
      KITE_CHECK(!read.ok() || read->size() == entry.size_bytes);
      KITE_CHECK(!read.ok() || std::filesystem::file_size(into) == entry.size_bytes);
      const auto head = archive->read(entry, 100);
      KITE_CHECK(!head.ok() || head->size() <= 100);
      std::filesystem::remove(into);
    }
  }
}

}  // namespace

void zip(Bytes bytes) {
  static const TestFolder folder;
  const std::string path = folder.write("model.zip", bytes);
  unpack_all(folder, path);
  std::uint64_t total = 0;
  if (const auto archive = ZipArchive::open(path); archive.ok()) {
    for (const ZipEntry& entry : archive->entries()) total += entry.size_bytes;
  }
  if (total > kMostUnpacked) return;
  using enum ErrorCode;
  if (const auto found = find_model(path); !found.ok()) {
    check_error(found.error(), {kInvalidModel, kUnsupportedModel, kLimit, kUsage, kIo});
  }
}

}  // namespace kite::fuzz
