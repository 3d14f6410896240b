// SPDX-License-Identifier: Apache-2.0
// The files beside a model that hold its larger tensors: opened only inside the model's own folder.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite::onnx {

// Maps each file once. A location is refused when it is absolute, climbs with "..", passes through a symbolic link,
// or names anything but a regular file with a single hard link: a model must not be able to read what lies elsewhere.
class ExternalFiles {
 public:
  // `folder` of the model file, "" for the current one; nullopt (a model from memory) refuses all external data.
  explicit ExternalFiles(std::optional<std::string> folder) : folder_(std::move(folder)) {}

  // The bytes that `tensor`'s external_data entries name, which must be `size_bytes` long. "location" is required,
  // "offset" defaults to 0, "length" to size_bytes; "checksum" is read past, it is not verified.
  [[nodiscard]] Result<Bytes> read(const TensorProto& tensor, std::int64_t size_bytes);

  // What has been mapped so far, by location.
  [[nodiscard]] const std::map<std::string, std::shared_ptr<const MappedFile>, std::less<>>& files() const noexcept {
    return files_;
  }

 private:
  [[nodiscard]] Result<Bytes> open(std::string_view location);

  std::optional<std::string> folder_;
  std::map<std::string, std::shared_ptr<const MappedFile>, std::less<>> files_;
};

// Opens `location` for reading beneath the folder `folder_fd`, through no symbolic link. Returns a descriptor, or -1
// with errno. The portable walk is for kernels and sandboxes without openat2; both are tested against each other.
[[nodiscard]] int open_beneath(int folder_fd, const std::string& location);
[[nodiscard]] int open_beneath_by_steps(int folder_fd, const std::string& location);

}  // namespace kite::onnx
