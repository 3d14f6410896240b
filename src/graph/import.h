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
#include "paperkite/about.h"
#include "paperkite/error.h"

namespace kite {

// What is accepted. Nodes of the standard operators are written as in opset 7 or later: see upgrade.h.
inline constexpr std::int64_t kMinIrVersion = 1;
inline constexpr std::int64_t kMaxIrVersion = 14;
inline constexpr std::int64_t kMinOpset = 1;
inline constexpr std::int64_t kMaxOpset = 28;

// Among a model's metadata: the name of the input whose type has the denotation IMAGE.
inline constexpr const char* kImageDenotation = "paperkite.image";

// The bytes of a model, and where they come from.
struct ModelSource {
  std::string name;                         // the path, or the name that messages use instead
  std::span<const std::byte> bytes;         // must outlive everything that is made of them, unless `file` holds them
  std::shared_ptr<const MappedFile> file;   // null: a model from memory
  std::vector<std::string> data_dirs;       // that may hold external data, besides the folder of `file`
  FileAccess access = FileAccess::kMapped;  // to external data
  Limits limits = {};
};

struct ImportedModel {
  Graph graph;                                               // untyped, in topological order; verify() holds
  std::map<std::string, std::string, std::less<>> metadata;  // metadata_props of the model, and what the graph says
  std::string producer;                                      // "pytorch 2.5.1"; empty where the file does not say
  ModelAbout about;
  std::int64_t ir_version = 0;
  int opset = 0;  // of the default domain
  std::vector<std::string> warnings;
  ModelSource source;
  onnx::FilesByLocation external_files;  // that were read; the graph keeps them and the source's file alive, too
};

// Parses and imports. Operators are not looked up here: infer_types() lists all unknown ones at once.
// Errors name the source, and the node or tensor within it. External data of a model from memory is refused
// unless `data_dirs` are given. Where `unsupported` is given, versions and inputs that are not supported are no errors:
// they are added to it, and the graph is what can be read of the model.
[[nodiscard]] Result<ImportedModel> import_model(ModelSource source, std::vector<Error>* unsupported = nullptr);

// The same for a file, and for a file that is already mapped. `data_dirs`: see onnx::DataSearchPath.
[[nodiscard]] Result<ImportedModel> import_file(const std::string& path, std::vector<std::string> data_dirs = {},
                                                FileAccess access = FileAccess::kMapped, const Limits& limits = {});
[[nodiscard]] Result<ImportedModel> import_file(std::shared_ptr<const MappedFile> file,
                                                std::vector<std::string> data_dirs = {});

// The same for bytes. `name` is used instead of a file's name in messages.
[[nodiscard]] Result<ImportedModel> import_bytes(std::span<const std::byte> bytes, std::string_view name);

}  // namespace kite
