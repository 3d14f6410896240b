// SPDX-License-Identifier: Apache-2.0
// Expands files, folders, lists and standard input.
#include "image_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/folder_reader.h"
#include "base/regular_file.h"
#include "image/image.h"
#include "image/sniff.h"
#include "path_list.h"

namespace kite::cli {

namespace fs = std::filesystem;

namespace {

// Entries of a folder that do not become items are counted, and the first of each kind is named.
struct Omission {
  std::size_t count = 0;
  std::string first;
  void add(const std::string& path) {
    if (count++ == 0) first = path;
  }
};

// One folder argument. Symbolic links to folders are not followed, so that a cycle of links cannot
// cause an endless loop.
class FolderWalk {
 public:
  FolderWalk(const std::string& folder, bool recursive) : folder_(folder), recursive_(recursive) {}

  void add_to(ImageList& list) {
    for (std::vector<std::string> folders = {folder_}; !folders.empty();) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      FolderReader reader(folder);
      while (reader.next()) look_at(reader, folders);
      if (reader.failure() != 0) {
        items_.push_back({folder, {reader.error("cannot list the folder: ", folder, "check the permissions")}});
      }
    }
    if (items_.empty()) fail(folder_, "the folder holds no picture (" + picture_format_list() + ")", remedy_of_none());
    std::ranges::sort(items_, {}, &ImageItem::name);
    std::ranges::move(items_, std::back_inserter(list.items));
    warn_of(others_, "skipped", "file that is not a picture", "files that are not pictures", list);
    warn_of(subfolders_, "without -r, did not enter", "subfolder", "subfolders", list);
    warn_of(links_, "did not follow", "symbolic link to a folder", "symbolic links to folders", list);
  }

 private:
  void look_at(const FolderReader& entry, std::vector<std::string>& folders) {
    const std::string& path = entry.path();
    if (entry.is_folder()) {
      if (entry.is_link()) {
        links_.add(path);
      } else if (recursive_) {
        folders.push_back(path);
      } else {
        subfolders_.add(path);
      }
      return;
    }
    // A hidden file is judged by its bytes, not by its name: on other file systems, macOS writes a
    // "._photo.jpg" beside each photo.jpg.
    const bool is_hidden = entry.name().starts_with('.');
    if (has_picture_extension(entry.name()) && !is_hidden) {
      items_.push_back({path, {}});
    } else if (entry.is_regular_file()) {
      look_into(path);
    } else {
      others_.add(path);
    }
  }

  void look_into(const std::string& path) {
    constexpr std::size_t kSniffedBytes = 512;
    const auto file = RegularFile::open(path);
    const auto head = file.ok() ? file->read(kSniffedBytes) : Result<FileBytes>(file.error());
    if (!head.ok()) {
      items_.push_back({path, {head.error()}});
    } else if (is_picture(head->bytes())) {
      items_.push_back({path, {}});
    } else {
      others_.add(path);
    }
  }

  void fail(const std::string& path, std::string what, std::string remedy) {
    items_.push_back({path, {Error{ErrorCode::kIo, std::move(what), path, std::move(remedy)}}});
  }

  [[nodiscard]] std::string remedy_of_none() const {
    return subfolders_.count > 0 ? "add -r for its subfolders" : "name another folder";
  }

  void warn_of(const Omission& omission, std::string_view what, std::string_view one, std::string_view many,
               ImageList& list) const {
    if (omission.count == 0) return;
    list.warnings.push_back(fmt::format("{}: {} {} {} (first: {})", folder_, what, omission.count,
                                        omission.count == 1 ? one : many, omission.first));
  }

  const std::string& folder_;
  bool recursive_;
  std::vector<ImageItem> items_;
  Omission others_;      // files that are not pictures
  Omission subfolders_;  // without -r
  Omission links_;       // symbolic links to folders
};

}  // namespace

ImageList list_images(const std::vector<std::string>& arguments, bool recursive) {
  ImageList list;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument.empty()) {
      list.items.push_back(
          {argument, {Error{ErrorCode::kIo, "the name of a picture is empty", "an argument", "check the path"}}});
    } else if (argument.starts_with('@')) {
      auto paths = read_path_list(argument.substr(1));
      if (!paths.ok()) {
        list.items.push_back({argument, {std::move(paths).error()}});
        continue;
      }
      for (std::string& path : *paths) list.items.push_back({std::move(path), {}});
    } else if (argument != "-" && fs::is_directory(argument, error)) {
      FolderWalk(argument, recursive).add_to(list);
    } else {
      list.items.push_back({argument, {}});
    }
  }
  return list;
}

std::vector<std::string> files_of_images(const std::vector<std::string>& arguments,
                                         const std::vector<ImageItem>& items) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    if (argument.starts_with('@')) files.push_back(argument.substr(1));
  }
  for (const ImageItem& item : items) files.push_back(item.name == "-" ? "/dev/stdin" : item.name);
  return files;
}

}  // namespace kite::cli
