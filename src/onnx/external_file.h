// SPDX-License-Identifier: Apache-2.0
// Which files a model may name as its external data, and the one way to open them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "paperkite/error.h"

namespace kite::onnx {

using FilesByLocation = std::map<std::string, std::shared_ptr<const MappedFile>, std::less<>>;

// Where the external data of a model is looked for, in this order: in the folder of `model`; where `model` is a
// symbolic link, in the folder of the file that it leads to; in each of `data_dirs`.
struct DataSearchPath {
  std::string model;                   // path of the .onnx file; empty: a model from memory, which has only data_dirs
  std::vector<std::string> data_dirs;  // further folders that the caller allows
  FileAccess access = FileAccess::kMapped;
};

// Opens the file that `location` names. A model must not be able to read other files of the machine:
// 1. A location is refused when it is absolute, contains "..", or names anything but a regular file.
// 2. It may lead through symbolic links, to files and to folders, whose last target lies in or below one of
//    - the model's folder, or the folder of the file which `model` leads to;
//    - R/blobs, where the model lies in R/snapshots/REVISION or below, as in the cache of the Hugging Face hub; and all
//      of R where that folder is named models--...;
//    - the folders of `data_dirs`.
// 3. Hard links are treated as any file.
// A cached plan is only used after the same call has opened the same files.
[[nodiscard]] Result<MappedFile> open_external(const DataSearchPath& search_path, std::string_view location);

// The folders in which such a file may lie, resolved.
[[nodiscard]] std::vector<std::string> folders_of_external_data(const DataSearchPath& search_path);

// Opens `location` for reading beneath the folder `folder_fd`, and follows no symbolic link. Returns a
// descriptor, or -1 with errno. open_beneath_by_steps() is for kernels and sandboxes without openat2; the two are
// tested against each other.
[[nodiscard]] int open_beneath(int folder_fd, const std::string& location);
[[nodiscard]] int open_beneath_by_steps(int folder_fd, const std::string& location);

}  // namespace kite::onnx
