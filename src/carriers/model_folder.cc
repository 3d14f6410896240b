// SPDX-License-Identifier: Apache-2.0
// Lists the folder of a model, and the one above it in the two layouts that keep their files there.
#include "carriers/model_folder.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/ascii.h"
#include "base/folder_reader.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

// A folder of pictures may have a million entries, so only the first ones are listed.
constexpr std::size_t kMaxEntries = std::size_t{1} << 17;

bool is_layout_folder(const std::string& name) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return lower_case(name) == "onnx" || (!name.empty() && std::all_of(name.begin(), name.end(), digit));
}

}  // namespace

std::vector<std::string> ModelFolder::folders() const {
  const fs::path folder = fs::path(model_path_).parent_path();
  std::vector<std::string> found = {folder.string()};
  std::error_code ignored;
  const fs::path absolute = fs::absolute(folder.empty() ? fs::path(".") : folder, ignored).lexically_normal();
  const fs::path named = absolute.has_filename() ? absolute : absolute.parent_path();
  if (is_layout_folder(named.filename().string())) {
    found.push_back((folder.empty() ? fs::path("..") : folder / "..").string());
  }
  return found;
}

std::string ModelFolder::path() const { return model_path_.substr(0, model_path_.rfind('/') + 1); }
std::string ModelFolder::stem() const { return fs::path(model_path_).stem().string(); }

ModelFolder::Listing ModelFolder::list(const std::string& path) {
  Listing listing;
  FolderReader reader(path);
  for (std::size_t count = 0; count < kMaxEntries && reader.next(); ++count) {
    listing[lower_case(reader.name())].push_back({reader.name(), reader.path(), reader.is_folder()});
  }
  // A model whose folder has disappeared since it was opened has no files beside it.
  const int code = reader.failure();
  if (code != 0 && code != ENOENT) {
    failure_ = {reader.error("the model's folder cannot be listed: ", path.empty() ? "." : path, "check the folder"),
                code == EACCES};
  }
  return listing;
}

void ModelFolder::read_listings() {
  if (is_read_ || is_memory()) return;
  is_read_ = true;
  for (const std::string& folder : folders()) listings_.push_back(list(folder));
}

std::vector<const FolderEntry*> ModelFolder::files() {
  read_listings();
  std::vector<const FolderEntry*> found;
  for (const Listing& listing : listings_) {
    for (const auto& [name, entries] : listing) {
      for (const FolderEntry& entry : entries) {
        if (!entry.is_folder) found.push_back(&entry);
      }
    }
  }
  return found;
}

const FolderEntry* ModelFolder::find(std::string_view name, bool is_folder) {
  read_listings();
  const std::string key = lower_case(name);
  for (const Listing& listing : listings_) {
    const auto spellings = listing.find(key);
    if (spellings == listing.end()) continue;
    // Among names that differ only in case: the exact name, else the first in the order of their bytes.
    const FolderEntry* best = nullptr;
    for (const FolderEntry& entry : spellings->second) {
      if (entry.is_folder != is_folder) continue;
      if (entry.name == name) return &entry;
      if (best == nullptr || entry.name < best->name) best = &entry;
    }
    if (best != nullptr) return best;
  }
  return nullptr;
}

const FolderEntry* ModelFolder::file(std::string_view name) { return find(name, false); }
const FolderEntry* ModelFolder::folder(std::string_view name) { return find(name, true); }

std::vector<std::string> ModelFolder::folders_in(const std::string& path) {
  std::vector<std::string> names;
  FolderReader reader(path);
  for (std::size_t count = 0; count < kMaxEntries && reader.next(); ++count) {
    if (!reader.name().starts_with('.') && reader.is_folder()) names.push_back(reader.name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kite
