// SPDX-License-Identifier: Apache-2.0
// An ONNX file becomes a Graph: names become ids, initializers and Constant nodes become constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "graph/graph.h"
#include "onnx/external_file.h"
#include "paperkite/error.h"

namespace kite {

// What is accepted. Below opset 7 broadcasting meant something else.
inline constexpr std::int64_t kMinIrVersion = 3;
inline constexpr std::int64_t kMaxIrVersion = 14;
inline constexpr std::int64_t kMinOpset = 7;
inline constexpr std::int64_t kMaxOpset = 23;

// Among a model's metadata: the name of the input whose type has the denotation IMAGE.
inline constexpr const char* kImageDenotation = "paperkite.image";

struct ImportedModel {
  Graph graph;                                               // untyped, in topological order; verify() holds
  std::map<std::string, std::string, std::less<>> metadata;  // metadata_props of the model, and what the graph says
  std::string producer;                                      // "pytorch 2.5.1"; empty where the file does not say
  std::int64_t ir_version = 0;
  int opset = 0;  // of the default domain
  // The graph keeps all files alive as well.
  std::shared_ptr<const MappedFile> file;  // null for a model from memory
  onnx::FilesByLocation external_files;    // that are read
  std::vector<std::string> data_dirs;      // in which they were allowed besides
};

// Maps, parses and imports. Operators are not looked up here: infer_types() lists all unknown ones at once. Errors
// name the file, and the node or tensor within it. `data_dirs`: see onnx::DataPlaces.
[[nodiscard]] Result<ImportedModel> import_file(const std::string& path, std::vector<std::string> data_dirs = {});

// The same for a file that is already mapped.
[[nodiscard]] Result<ImportedModel> import_file(std::shared_ptr<const MappedFile> file,
                                                std::vector<std::string> data_dirs = {});

// The same from bytes that outlive the graph. External data is refused unless its `places` are given.
// `where` is the file's name for messages.
[[nodiscard]] Result<ImportedModel> import_bytes(std::span<const std::byte> bytes, std::string_view where,
                                                 std::optional<onnx::DataPlaces> places = std::nullopt);

}  // namespace kite
