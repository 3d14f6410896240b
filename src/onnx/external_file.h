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

// Where the external data of a model is looked for, in this order: beside `model` as it is given, beside the file that
// `model` leads to where it is a symbolic link, in each of `data_dirs`.
struct DataSearchPath {
  std::string model;                   // path of the .onnx file; empty: a model from memory, with data_dirs alone
  std::vector<std::string> data_dirs;  // that the caller allows besides
};

// Opens what `location` names. A model must not be able to read what lies elsewhere, so that a location is refused when
// it is absolute, climbs with "..", or names anything but a regular file. It may lead through symbolic links, to files
// and to folders, whose last target lies in or below
//   - the model's folder, or that of the file which `model` leads to,
//   - R/blobs, where the model lies in R/snapshots/REVISION or below as in the cache of the Hugging Face hub; and all
//   of
//     R where that folder is named models--...,
//   - one of `data_dirs`.
// Hard links are like any file. A cached plan is only used after the same call has opened the same files.
[[nodiscard]] Result<MappedFile> open_external(const DataSearchPath& search_path, std::string_view location);

// Opens `location` for reading beneath the folder `folder_fd`, through no symbolic link. Returns a descriptor, or -1
// with errno. The portable walk is for kernels and sandboxes without openat2; both are tested against each other.
[[nodiscard]] int open_beneath(int folder_fd, const std::string& location);
[[nodiscard]] int open_beneath_by_steps(int folder_fd, const std::string& location);

}  // namespace kite::onnx
