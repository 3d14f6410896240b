// SPDX-License-Identifier: Apache-2.0
// Expands files, folders, lists and standard input.
#include "image_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace kite::cli {

namespace fs = std::filesystem;

namespace {

// A folder may hold anything; only names that look like pictures of our formats are taken from it. A file that is
// named on the command line is always tried.
bool looks_like_picture(const fs::path& path) {
  static constexpr std::array<std::string_view, 5> kExtensions = {".jpg", ".jpeg", ".jpe", ".png", ".webp"};
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

ImageItem failed(const std::string& name, std::string what, std::string remedy) {
  return {name, {Error{ErrorCode::kIo, std::move(what), name, std::move(remedy)}}};
}

// Symbolic links to folders are not followed, so that a loop of them cannot trap the walk.
template <typename Iterator>
void add_folder(const std::string& folder, std::vector<ImageItem>& items) {
  std::error_code error;
  std::vector<std::string> found;
  for (Iterator it(folder, fs::directory_options::skip_permission_denied, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored) && looks_like_picture(it->path())) found.push_back(it->path().string());
  }
  if (error) {
    items.push_back(failed(folder, "cannot list the folder: " + error.message(), "check the permissions"));
  } else if (found.empty()) {
    items.push_back(failed(folder, "the folder holds no .jpg, .png or .webp file",
                           "name another folder, or add -r for its subfolders"));
  }
  std::ranges::sort(found);
  for (std::string& path : found) items.push_back({std::move(path), {}});
}

void add_list(const std::string& path, std::vector<ImageItem>& items) {
  std::ifstream list(path);
  if (!list) {
    items.push_back(failed("@" + path, "cannot read the list", "check the path"));
    return;
  }
  for (std::string line; std::getline(list, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) items.push_back({line, {}});
  }
}

}  // namespace

std::vector<ImageItem> list_images(const std::vector<std::string>& arguments, bool recursive) {
  std::vector<ImageItem> items;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument.starts_with('@')) {
      add_list(argument.substr(1), items);
    } else if (argument != "-" && fs::is_directory(argument, error)) {
      recursive ? add_folder<fs::recursive_directory_iterator>(argument, items)
                : add_folder<fs::directory_iterator>(argument, items);
    } else {
      items.push_back({argument, {}});
    }
  }
  return items;
}

}  // namespace kite::cli
