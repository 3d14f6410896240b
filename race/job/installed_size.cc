// SPDX-License-Identifier: Apache-2.0
// Sizes as a copy would have them: the bytes of each file, not the blocks that it takes on this disk.
#include "race/job/installed_size.h"

#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "base/folder_reader.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;
using Files = std::set<std::pair<dev_t, ino_t>>;

// Of one file; 0 where `seen` has it already.
std::optional<std::uint64_t> bytes_of_file(const std::string& path, Files& seen) {
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0) return std::nullopt;
  if (!seen.emplace(state.st_dev, state.st_ino).second) return 0;
  return static_cast<std::uint64_t>(state.st_size);
}

std::optional<std::uint64_t> bytes_of_folder(const std::string& path, Files& seen) {
  std::uint64_t sum = 0;
  for (std::vector<std::string> folders = {path}; !folders.empty();) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    FolderReader reader(folder);
    while (reader.next()) {
      if (reader.is_link()) continue;
      if (reader.is_folder()) folders.push_back(reader.path());
      if (!reader.is_regular_file()) continue;
      const auto bytes = bytes_of_file(reader.path(), seen);
      if (!bytes) return std::nullopt;
      sum += *bytes;
    }
    if (reader.failure() != 0) return std::nullopt;
  }
  return sum;
}

}  // namespace

std::optional<std::uint64_t> installed_bytes(std::span<const std::string> paths) {
  if (paths.empty()) return std::nullopt;
  Files seen;
  std::uint64_t sum = 0;
  for (const std::string& path : paths) {
    std::error_code failed;
    const auto bytes = fs::is_directory(path, failed) ? bytes_of_folder(path, seen) : bytes_of_file(path, seen);
    if (!bytes) return std::nullopt;
    sum += *bytes;
  }
  return sum;
}

}  // namespace kite::race
