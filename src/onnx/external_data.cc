// SPDX-License-Identifier: Apache-2.0
// The entries of a tensor with external data, and the files that they name.
#include "onnx/external_data.h"

#include <charconv>
#include <cstdint>
#include <set>
#include <utility>

#include "base/checked.h"
#include "base/printable.h"
#include "paperkite/try.h"

namespace kite::onnx {

namespace {

// More files than any exporter writes, fewer than a process may map.

Error bad_range(std::string what, std::string_view location, std::string remedy = {}) {
  return Error{ErrorCode::kInvalidModel, std::move(what), "external data " + in_quotes(location), std::move(remedy)};
}

Result<std::int64_t> parse_count(std::string_view key, std::string_view text) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return Error{ErrorCode::kInvalidModel,
                 "external-data " + std::string(key) + " is " + in_quotes(text) + ", expected a count of bytes",
                 {},
                 {}};
  }
  return number;
}

struct Entries {
  std::optional<std::string_view> location;
  std::optional<std::int64_t> offset;
  std::optional<std::int64_t> length;
};

Result<Entries> read_entries(const TensorProto& tensor) {
  Entries entries;
  for (const auto& [key, text] : tensor.external_data) {
    bool seen = false;
    if (key == "location") {
      seen = entries.location.has_value();
      entries.location = text;
    } else if (key == "offset" || key == "length") {
      auto& count = key == "offset" ? entries.offset : entries.length;
      seen = count.has_value();
      KITE_TRY_ASSIGN(count, parse_count(key, text));
    } else if (key == "basepath") {
      return Error{ErrorCode::kUnsupportedModel,
                   "external-data key \"basepath\" moves the data to another folder",
                   {},
                   "put the data beside the model and leave the key out"};
    }
    // These keys do not say where the elements lie: a checksum, and what one runtime stores for
    // its own use (prepacked_0).
    if (seen) return Error{ErrorCode::kInvalidModel, "external-data key " + in_quotes(key) + " is given twice", {}, {}};
  }
  if (!entries.location) return Error{ErrorCode::kInvalidModel, "external data without a location", {}, {}};
  return entries;
}

}  // namespace

Result<std::vector<std::string>> external_locations(const Model& model) {
  std::vector<std::string> locations;
  std::set<std::string_view> known;
  const auto note = [&](const TensorProto& tensor) -> Status {
    if (!tensor.is_external) return {};
    KITE_TRY_ASSIGN(const Entries entries, read_entries(tensor));
    if (known.insert(*entries.location).second) locations.emplace_back(*entries.location);
    return {};
  };
  std::vector<const Graph*> open = {&model.graph};
  const auto note_attribute = [&](const Attribute& attribute) -> Status {
    if (attribute.t != nullptr) KITE_TRY(note(*attribute.t));
    if (attribute.sparse != nullptr) {
      KITE_TRY(note(attribute.sparse->values));
      KITE_TRY(note(attribute.sparse->indices));
    }
    if (attribute.g != nullptr) open.push_back(attribute.g.get());
    return {};
  };
  const auto note_nodes = [&](const std::vector<Node>& nodes) -> Status {
    for (const Node& node : nodes) {
      for (const Attribute& attribute : node.attributes) KITE_TRY(note_attribute(attribute));
    }
    return {};
  };
  const auto note_graphs = [&]() -> Status {
    while (!open.empty()) {
      const Graph& graph = *open.back();
      open.pop_back();
      for (const TensorProto& tensor : graph.initializers) KITE_TRY(note(tensor));
      for (const SparseTensorProto& tensor : graph.sparse_initializers) {
        KITE_TRY(note(tensor.values));
        KITE_TRY(note(tensor.indices));
      }
      KITE_TRY(note_nodes(graph.nodes));
    }
    return {};
  };
  KITE_TRY(note_graphs());
  for (const Function& function : model.functions) {
    for (const Attribute& attribute : function.defaults) KITE_TRY(note_attribute(attribute));
    KITE_TRY(note_nodes(function.nodes));
    KITE_TRY(note_graphs());
  }
  return locations;
}

Result<Bytes> ExternalFiles::open(std::string_view location) {
  if (const auto known = files_.find(location); known != files_.end()) return known->second->bytes();
  if (!search_path_) {
    return Error{ErrorCode::kUnsupportedModel, "a model from memory cannot have external data",
                 "external data " + in_quotes(location),
                 "open the model by its path, or name the folder of the file with --data-dir"};
  }
  KITE_TRY(budget_->charge(Limit::kExternalFiles, 1, {}, "save the model with its tensors in one file"));
  KITE_TRY_ASSIGN(MappedFile mapped, open_external(*search_path_, location));
  budget_->grow(static_cast<std::int64_t>(mapped.bytes().size()));
  auto file = std::make_shared<const MappedFile>(std::move(mapped));
  return files_.emplace(location, std::move(file)).first->second->bytes();
}

Result<Bytes> ExternalFiles::read(const TensorProto& tensor, std::int64_t size_bytes) {
  KITE_TRY_ASSIGN(const Entries entries, read_entries(tensor));
  if (entries.length && *entries.length != size_bytes) {
    return bad_range("the tensor's shape takes " + std::to_string(size_bytes) + " bytes, its length is " +
                         std::to_string(*entries.length),
                     *entries.location);
  }
  KITE_TRY_ASSIGN(const Bytes file, open(*entries.location));
  const std::int64_t offset = entries.offset.value_or(0);
  if (!(Checked(offset) + size_bytes).at_most(static_cast<std::int64_t>(file.size()))) {
    return bad_range("bytes " + std::to_string(offset) + " + " + std::to_string(size_bytes) +
                         " lie beyond the end of the file (" + std::to_string(file.size()) + " bytes)",
                     *entries.location, "if the file was cut short, download or export it again");
  }
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size_bytes));
}

}  // namespace kite::onnx
