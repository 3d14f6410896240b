// SPDX-License-Identifier: Apache-2.0
// The files beside a model that hold its larger tensors.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "onnx/external_file.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite::onnx {

// Maps each file once, as open_external() allows it.
class ExternalFiles {
 public:
  // For a model from memory without a named folder: refuses all external data.
  ExternalFiles() = default;
  // Subtracts each file from the budget, and raises the budget for constants by the file's size.
  ExternalFiles(DataSearchPath search_path, Budget& budget) : search_path_(std::move(search_path)), budget_(&budget) {}

  // The bytes that `tensor`'s external_data entries name, which must be `size_bytes` long. "location" is required,
  // "offset" defaults to 0, "length" to size_bytes. "checksum" and "prepacked_..." (weights as one runtime packs them)
  // are ignored. Any other key is refused, because it may change the meaning.
  [[nodiscard]] Result<Bytes> read(const TensorProto& tensor, std::int64_t size_bytes);

  // What has been mapped so far, by location.
  [[nodiscard]] const FilesByLocation& files() const noexcept { return files_; }

 private:
  [[nodiscard]] Result<Bytes> open(std::string_view location);

  std::optional<DataSearchPath> search_path_;
  Budget* budget_ = nullptr;  // null without a search path
  FilesByLocation files_;
};

// Each file that a tensor of the model names, once, in the order of the tensors. kInvalidModel or kUnsupportedModel
// where a tensor's entries cannot be read.
[[nodiscard]] Result<std::vector<std::string>> external_locations(const Model& model);

}  // namespace kite::onnx
