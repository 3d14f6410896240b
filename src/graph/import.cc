// SPDX-License-Identifier: Apache-2.0
// onnx::Model to Graph: versions, names, order.
#include "graph/import.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/printable.h"
#include "graph/blocked_layout.h"
#include "graph/import_body.h"
#include "graph/unreadable.h"
#include "graph/zip_map.h"
#include "onnx/external_data.h"
#include "onnx/parse.h"
#include "onnx/tensor_data.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Error invalid(std::string what, std::string where = {}, std::string remedy = {}) {
  return Error{ErrorCode::kInvalidModel, std::move(what), std::move(where), std::move(remedy)};
}

Error unsupported(std::string what, std::string where = {}, std::string remedy = {}) {
  return Error{ErrorCode::kUnsupportedModel, std::move(what), std::move(where), std::move(remedy)};
}

std::string range_text(std::int64_t least, std::int64_t most) {
  return std::to_string(least) + " to " + std::to_string(most);
}

class Importer {
 public:
  Importer(const onnx::Model& model, onnx::ExternalFiles& files, ImportedModel& out, std::vector<Error>* unsupported)
      : model_(model), files_(files), out_(out), graph_(out.graph), unsupported_(unsupported) {}

  [[nodiscard]] Status run();

 private:
  [[nodiscard]] Status read_versions();
  [[nodiscard]] Status note_unsupported(Error error);
  [[nodiscard]] Status add_inputs(BodyImporter& importer);
  [[nodiscard]] Status add_input(const onnx::ValueInfo& input);
  void add_input_with_default(ValueId id);
  [[nodiscard]] Status add_outputs(BodyImporter& importer);
  void become_graph();

  const onnx::Model& model_;
  onnx::ExternalFiles& files_;
  ImportedModel& out_;
  Graph& graph_;
  std::vector<Error>* unsupported_;  // null: what is not supported ends the import
  Opsets opsets_;
  FunctionTable functions_;
  Body body_;  // the root graph, until become_graph()
  BodyImporter::Scope scope_;
};

Status Importer::read_versions() {
  if (model_.ir_version < kMinIrVersion || model_.ir_version > kMaxIrVersion) {
    KITE_TRY(note_unsupported(
        unsupported("ir_version " + std::to_string(model_.ir_version) + " is not supported", {},
                    "supported are " + range_text(kMinIrVersion, kMaxIrVersion) + "; export the model again")));
  }
  KITE_TRY_ASSIGN(opsets_, read_opsets(model_.opset_imports));
  constexpr std::int64_t kFirstWithOpsets = 3;
  if (model_.opset_imports.empty() && model_.ir_version < kFirstWithOpsets) opsets_.emplace("", 1);
  const auto [found, is_missing] = opsets_.try_emplace("", kMaxOpset);
  if (is_missing) {
    KITE_TRY(note_unsupported(
        unsupported("the model states no opset of the standard operators", {}, "export the model again")));
  }
  if (Status known = check_opset(found->second); !known.ok()) {
    KITE_TRY(note_unsupported(std::move(known).error()));
    found->second = std::clamp(found->second, kMinOpset, kMaxOpset);  // the nodes are looked at as if of the nearest
  }
  out_.ir_version = model_.ir_version;
  out_.opset = static_cast<int>(found->second);
  out_.producer = model_.producer_name;
  if (!model_.producer_version.empty()) out_.producer += ' ' + std::string(model_.producer_version);
  out_.about = {std::string(model_.producer_name), std::string(model_.graph.name),       std::string(model_.domain),
                std::string(model_.doc_string),    std::string(model_.graph.doc_string), model_.model_version};
  for (const auto& [key, value] : model_.metadata) out_.metadata.insert_or_assign(std::string(key), std::string(value));
  return {};
}

Status Importer::note_unsupported(Error error) {
  if (unsupported_ == nullptr || error.code != ErrorCode::kUnsupportedModel) return error;
  unsupported_->push_back(std::move(error));
  return {};
}

Result<std::vector<InputDim>> import_dims(const onnx::ValueInfo& input) {
  if (!input.has_shape) return unsupported("the input declares no shape", {}, "export the model with input shapes");
  if (input.shape.size() > static_cast<std::size_t>(kMaxRank)) {
    return Error{ErrorCode::kLimit,
                 "an input of rank " + std::to_string(input.shape.size()) + " exceeds the supported rank " +
                     std::to_string(kMaxRank),
                 {},
                 {}};
  }
  std::vector<InputDim> dims;
  for (const onnx::Dimension& dim : input.shape) {
    // -1 is how some older exporters write a dimension that is not fixed.
    if (dim.value && *dim.value < -1) return invalid("negative dimension " + std::to_string(*dim.value));
    const bool is_fixed = dim.value && *dim.value >= 0;
    dims.push_back({is_fixed ? dim.value : std::nullopt, std::string(dim.param)});
  }
  return dims;
}

Status Importer::add_inputs(BodyImporter& importer) {
  const std::size_t initializers = body_.values.size();
  for (const onnx::ValueInfo& input : model_.graph.inputs) {
    const std::string where = "input " + in_quotes(input.name);
    const ValueId known = importer.find(scope_, input.name);
    if (known >= 0 && static_cast<std::size_t>(known) < initializers) {
      if (body_.values[static_cast<std::size_t>(known)].constant) add_input_with_default(known);
      continue;  // without a constant, the initializer is unreadable
    }
    KITE_TRY(importer.declare(scope_, input.name, where));
    Status added = add_input(input);
    if (added.ok()) continue;
    const Error error = std::move(added).error().in(where);
    KITE_TRY(note_unsupported(error));
    body_.nodes.push_back(make_unreadable(error, {body_.add_value(std::string(input.name))}));
  }
  return {};
}

Status Importer::add_input(const onnx::ValueInfo& input) {
  if (!input.is_tensor) return unsupported("the input is not a tensor (sequence, map, optional or no type)");
  KITE_TRY_ASSIGN(const DType dtype, onnx::to_dtype(input.element_type));
  KITE_TRY_ASSIGN(std::vector<InputDim> dims, import_dims(input));
  graph_.inputs.push_back({body_.add_value(std::string(input.name)), dtype, std::move(dims)});
  if (input.denotation == "IMAGE") out_.metadata.insert_or_assign(kImageDenotation, std::string(input.name));
  return {};
}

// Before ir_version 4 every initializer is also listed as an input, and stays a constant. In later versions an
// initializer that is also an input is the default value of that input. A value that replaces the default must have its
// type and shape.
void Importer::add_input_with_default(ValueId id) {
  constexpr std::int64_t kFirstWithDefaults = 4;
  if (model_.ir_version < kFirstWithDefaults) return;
  const TensorType& type = body_.values[static_cast<std::size_t>(id)].constant->type;
  std::vector<InputDim> dims;
  for (const std::int64_t dim : type.shape.dims()) dims.push_back({dim, {}});
  graph_.inputs_with_default.push_back({id, type.dtype, std::move(dims)});
}

Status Importer::add_outputs(BodyImporter& importer) {
  // Graph looks outputs up linearly, so their number is limited; no model for pictures has nearly so many.
  if (model_.graph.outputs.empty()) return invalid("the graph has no outputs", {}, "export the model again");
  KITE_TRY(graph_.budget().charge(Limit::kOutputs, static_cast<std::int64_t>(model_.graph.outputs.size()), {},
                                  "export the model with the outputs that are needed"));
  std::unordered_set<std::string_view> names;
  for (const onnx::ValueInfo& output : model_.graph.outputs) {
    const std::string where = "output " + in_quotes(output.name);
    if (!names.insert(output.name).second) return invalid("the graph lists the output twice", where);
    const ValueId found = importer.find(scope_, output.name);
    if (found < 0) return invalid("no node makes this graph output", where);
    graph_.outputs.push_back(found);
    graph_.output_names.emplace_back(output.name);
    // The stated type and shape of an output decide nothing: where they make no sense they are ignored.
    auto dims = output.has_shape ? import_dims(output) : Result<std::vector<InputDim>>(std::vector<InputDim>());
    graph_.output_dims.push_back(dims.ok() ? std::move(*dims) : std::vector<InputDim>());
    // Other types belong to outputs that have to be left out; the node that makes such an output says so.
    const auto dtype = output.is_tensor ? onnx::to_dtype(output.element_type) : onnx::to_dtype(onnx::kUndefined);
    graph_.output_dtypes.push_back(dtype.ok() ? std::optional(*dtype) : std::nullopt);
  }
  return {};
}

// The ids of the root body's values are those of the graph's.
void Importer::become_graph() {
  for (BodyValue& value : body_.values) {
    if (value.constant) {
      (void)graph_.add_constant_view(std::move(value.name), *value.constant);
    } else {
      (void)graph_.add_value(std::move(value.name));
    }
  }
  for (Node& node : body_.nodes) graph_.add_node(std::move(node));
}

Status Importer::run() {
  KITE_TRY(read_versions());
  KITE_TRY(functions_.read(model_));
  graph_.name = model_.graph.name;
  scope_.body = &body_;
  BodyImporter importer(functions_, opsets_, files_, graph_);
  KITE_TRY(importer.add_initializers(scope_, model_.graph));
  KITE_TRY(add_inputs(importer));
  KITE_TRY(importer.add_nodes(scope_, model_.graph.nodes));
  KITE_TRY(add_outputs(importer));
  become_graph();
  drop_zip_maps(graph_, out_.metadata);
  return undo_blocked_layout(graph_, out_.opset, out_.warnings);
}

}  // namespace

Result<ImportedModel> import_model(ModelSource source, std::vector<Error>* unsupported) {
  ImportedModel imported;
  Budget& budget = imported.graph.budget();
  budget = Budget(source.limits);
  budget.grow(static_cast<std::int64_t>(source.bytes.size()));
  KITE_TRY_ASSIGN(const onnx::Model model, onnx::parse_model(source.bytes, source.name, budget));
  onnx::ExternalFiles external;
  if (source.file != nullptr || !source.data_dirs.empty()) {
    const std::string path = source.file == nullptr ? std::string() : source.file->path();
    external = onnx::ExternalFiles({path, source.data_dirs, source.access}, budget);
  }
  if (Status status = Importer(model, external, imported, unsupported).run(); !status.ok()) {
    return std::move(status).error().in(source.name);
  }
  imported.external_files = external.files();
  for (const auto& [location, file] : imported.external_files) imported.graph.keep(file);
  if (source.file != nullptr) imported.graph.keep(source.file);
  imported.source = std::move(source);
  return imported;
}

Result<ImportedModel> import_file(const std::string& path, std::vector<std::string> data_dirs, FileAccess access,
                                  const Limits& limits) {
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path, access));
  auto file = std::make_shared<const MappedFile>(std::move(mapped));
  return import_model({path, file->bytes(), file, std::move(data_dirs), access, limits});
}

Result<ImportedModel> import_file(std::shared_ptr<const MappedFile> file, std::vector<std::string> data_dirs) {
  return import_model({file->path(), file->bytes(), file, std::move(data_dirs), FileAccess::kMapped, {}});
}

Result<ImportedModel> import_bytes(std::span<const std::byte> bytes, std::string_view name) {
  return import_model({std::string(name), bytes, nullptr, {}, FileAccess::kMapped, {}});
}

}  // namespace kite
