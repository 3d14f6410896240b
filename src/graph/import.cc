// SPDX-License-Identifier: Apache-2.0
// onnx::Model to Graph: versions, names, order.
#include "graph/import.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/printable.h"
#include "graph/blocked_layout.h"
#include "graph/import_node.h"
#include "graph/node_order.h"
#include "graph/unreadable.h"
#include "graph/upgrade.h"
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
  [[nodiscard]] Status read_functions() const;
  [[nodiscard]] Status add_initializers();
  [[nodiscard]] Status put_aside(const Error& error, std::vector<ValueId> outputs);
  [[nodiscard]] Status note_unsupported(Error error);
  [[nodiscard]] Status add_inputs();
  [[nodiscard]] Status add_input(const onnx::ValueInfo& input);
  void add_input_with_default(ValueId id);
  [[nodiscard]] Status declare_outputs_of(std::size_t node_index);
  [[nodiscard]] Result<ValueId> declare(std::string_view name, std::string where);
  [[nodiscard]] Result<Dependencies> find_dependencies() const;
  [[nodiscard]] Status add_nodes();
  [[nodiscard]] Status add_node(const onnx::Node& node);
  [[nodiscard]] Status add_outputs();
  [[nodiscard]] bool is_constant_node(const onnx::Node& node) const;
  [[nodiscard]] int opset_of(std::string_view domain) const;

  const onnx::Model& model_;
  onnx::ExternalFiles& files_;
  ImportedModel& out_;
  Graph& graph_;
  std::vector<Error>* unsupported_;  // null: what is not supported ends the import
  std::unordered_map<std::string_view, std::int64_t> opsets_;
  std::unordered_map<std::string_view, ValueId> values_;
  std::vector<std::int32_t> producers_;  // by value: index of the node that makes it, or -1
};

Status Importer::read_versions() {
  if (model_.ir_version < kMinIrVersion || model_.ir_version > kMaxIrVersion) {
    KITE_TRY(note_unsupported(
        unsupported("ir_version " + std::to_string(model_.ir_version) + " is not supported", {},
                    "supported are " + range_text(kMinIrVersion, kMaxIrVersion) + "; export the model again")));
  }
  for (const onnx::OpsetImport& import : model_.opset_imports) {
    const std::string_view domain = normal_domain(import.domain);
    if (domain == kInternalDomain) {
      return invalid("the operator domain " + in_quotes(domain) + " may not be imported by a file");
    }
    const auto [known, is_new] = opsets_.try_emplace(domain, import.version);
    if (!is_new && known->second != import.version) {
      return invalid("the operator domain " + in_quotes(domain) + " is imported in version " +
                     std::to_string(known->second) + " and in version " + std::to_string(import.version));
    }
  }
  constexpr std::int64_t kFirstWithOpsets = 3;
  if (model_.opset_imports.empty() && model_.ir_version < kFirstWithOpsets) opsets_.emplace("", 1);
  const auto [found, is_missing] = opsets_.try_emplace("", kMaxOpset);
  if (is_missing) {
    KITE_TRY(note_unsupported(
        unsupported("the model states no opset of the standard operators", {}, "export the model again")));
  }
  if (found->second < kMinOpset || found->second > kMaxOpset) {
    KITE_TRY(note_unsupported(unsupported("opset " + std::to_string(found->second) + " is not supported", {},
                                          "supported are " + range_text(kMinOpset, kMaxOpset) +
                                              "; export the model with one of them (PyTorch: opset_version=17)")));
    found->second = std::clamp(found->second, kMinOpset, kMaxOpset);  // the nodes are looked at as if of the nearest
  }
  out_.ir_version = model_.ir_version;
  out_.opset = static_cast<int>(found->second);
  out_.producer = model_.producer_name;
  if (!model_.producer_version.empty()) out_.producer += ' ' + std::string(model_.producer_version);
  for (const auto& [key, value] : model_.metadata) out_.metadata.insert_or_assign(std::string(key), std::string(value));
  return {};
}

// A call of a model-local function is an unknown operator, and is later listed with the other unknown operators. Only a
// function with the name of a standard operator is refused here: its calls would be taken for that operator.
Status Importer::read_functions() const {
  std::unordered_set<std::string_view> hidden;
  for (const onnx::FunctionName& function : model_.functions) {
    if (normal_domain(function.domain).empty()) hidden.insert(function.name);
  }
  if (hidden.empty()) return {};
  for (const onnx::Node& node : model_.graph.nodes) {
    if (!normal_domain(node.domain).empty() || !hidden.contains(node.op_type)) continue;
    return unsupported("the model replaces the standard operator by a function of its own", describe_node(node),
                       "export the model with its functions inlined");
  }
  return {};
}

// A new name for a value; kInvalidModel when it is taken.
Result<ValueId> Importer::declare(std::string_view name, std::string where) {
  if (name.empty()) return invalid("a value without a name", std::move(where));
  const auto [entry, is_new] = values_.try_emplace(name, static_cast<ValueId>(graph_.value_count()));
  if (!is_new) return invalid("the name " + in_quotes(name) + " is already taken by another value", std::move(where));
  producers_.push_back(-1);
  return entry->second;
}

Status Importer::add_initializers() {
  if (model_.graph.has_sparse_initializers) {
    return unsupported("sparse initializers are not supported", {}, "export the model with dense weights");
  }
  for (const onnx::TensorProto& initializer : model_.graph.initializers) {
    KITE_TRY(declare(initializer.name, "initializer"));
    auto data = onnx::read_tensor(initializer, files_);
    if (!data.ok()) {
      KITE_TRY(put_aside(data.error(), {graph_.add_value(std::string(initializer.name))}));
      continue;
    }
    const TensorView view = data->owned ? graph_.own(std::move(*data->owned)) : graph_.align(data->view);
    (void)graph_.add_constant_view(std::string(initializer.name), view);
  }
  return {};
}

// A value that is only unsupported does not make the file invalid: an output that does not need it can be computed.
Status Importer::put_aside(const Error& error, std::vector<ValueId> outputs) {
  if (error.code != ErrorCode::kUnsupportedModel) return error;
  graph_.add_node(make_unreadable(error, std::move(outputs)));
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

Status Importer::add_inputs() {
  for (const onnx::ValueInfo& input : model_.graph.inputs) {
    const std::string where = "input " + in_quotes(input.name);
    if (const auto known = values_.find(input.name); known != values_.end()) {
      if (graph_.is_constant(known->second)) {
        add_input_with_default(known->second);
        continue;
      }
      if (graph_.value(known->second).producer != kNoNode) continue;  // the initializer is unreadable
    }
    KITE_TRY(declare(input.name, where));
    Status added = add_input(input);
    if (added.ok()) continue;
    const Error error = std::move(added).error().in(where);
    KITE_TRY(note_unsupported(error));
    KITE_TRY(put_aside(error, {graph_.add_value(std::string(input.name))}));
  }
  return {};
}

Status Importer::add_input(const onnx::ValueInfo& input) {
  if (!input.is_tensor) return unsupported("the input is not a tensor (sequence, map, optional or no type)");
  KITE_TRY_ASSIGN(const DType dtype, onnx::to_dtype(input.element_type));
  KITE_TRY_ASSIGN(std::vector<InputDim> dims, import_dims(input));
  graph_.inputs.push_back({graph_.add_value(std::string(input.name)), dtype, std::move(dims)});
  if (input.denotation == "IMAGE") out_.metadata.insert_or_assign(kImageDenotation, std::string(input.name));
  return {};
}

// Before ir_version 4 every initializer is also listed as an input, and stays a constant. In later versions an
// initializer that is also an input is the default value of that input. A value that replaces the default must have its
// type and shape.
void Importer::add_input_with_default(ValueId id) {
  constexpr std::int64_t kFirstWithDefaults = 4;
  if (model_.ir_version < kFirstWithDefaults) return;
  const TensorType& type = graph_.value(id).constant->type;
  std::vector<InputDim> dims;
  for (const std::int64_t dim : type.shape.dims()) dims.push_back({dim, {}});
  graph_.inputs_with_default.push_back({id, type.dtype, std::move(dims)});
}

bool Importer::is_constant_node(const onnx::Node& node) const {
  return node.op_type == "Constant" && normal_domain(node.domain).empty() && node.inputs.empty() &&
         node.outputs.size() == 1 && !node.outputs[0].empty();
}

Status Importer::declare_outputs_of(std::size_t node_index) {
  const onnx::Node& node = model_.graph.nodes[node_index];
  if (node.op_type.empty()) return invalid("a node without an operator", describe_node(node));
  if (normal_domain(node.domain) == kInternalDomain) {
    return invalid("the operator domain " + in_quotes(kInternalDomain) + " may not be used by a file",
                   describe_node(node));
  }
  const bool is_constant = is_constant_node(node);
  for (const std::string_view output : node.outputs) {
    if (output.empty()) continue;
    KITE_TRY(declare(output, describe_node(node)));
    if (is_constant) {
      const auto view = import_constant(node, graph_, files_);
      if (view.ok()) {
        (void)graph_.add_constant_view(std::string(output), *view);
      } else {
        KITE_TRY(put_aside(view.error(), {graph_.add_value(std::string(output))}));
      }
    } else {
      (void)graph_.add_value(std::string(output));
      producers_.back() = static_cast<std::int32_t>(node_index);
    }
  }
  return {};
}

Result<Dependencies> Importer::find_dependencies() const {
  Dependencies dependencies;
  for (const onnx::Node& node : model_.graph.nodes) {
    for (const std::string_view input : node.inputs) {
      if (input.empty()) continue;
      const auto found = values_.find(input);
      if (found == values_.end()) {
        return invalid("reads " + in_quotes(input) + ", which no node makes", describe_node(node));
      }
      const std::int32_t producer = producers_[static_cast<std::size_t>(found->second)];
      if (producer >= 0) dependencies.of.push_back(producer);
    }
    dependencies.begin.push_back(dependencies.of.size());
  }
  return dependencies;
}

int Importer::opset_of(std::string_view domain) const {
  const auto found = opsets_.find(domain);
  // A domain that is not imported has version 0; its operators are unknown in every version.
  return found == opsets_.end() ? 0 : static_cast<int>(std::clamp<std::int64_t>(found->second, 0, 1 << 30));
}

Status Importer::add_node(const onnx::Node& node) {
  const auto id_of = [&](std::string_view name) { return name.empty() ? kNoValue : values_.find(name)->second; };
  Node added;
  added.name = node.name;
  added.op_type = node.op_type;
  added.domain = normal_domain(node.domain);
  added.opset = opset_of(added.domain);
  auto attributes = import_attributes(node, graph_, files_);
  for (const std::string_view output : node.outputs) added.outputs.push_back(id_of(output));
  if (!attributes.ok()) return put_aside(attributes.error(), std::move(added.outputs));
  added.attributes = std::move(attributes).value();
  for (const std::string_view input : node.inputs) added.inputs.push_back(id_of(input));
  while (!added.inputs.empty() && added.inputs.back() == kNoValue) added.inputs.pop_back();
  if (Status status = upgrade(graph_, added); !status.ok()) {
    return put_aside(std::move(status).error().in(describe_node(node)), std::move(added.outputs));
  }
  graph_.add_node(std::move(added));
  return {};
}

Status Importer::add_nodes() {
  const std::vector<onnx::Node>& nodes = model_.graph.nodes;
  values_.reserve(values_.size() + nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) KITE_TRY(declare_outputs_of(i));
  KITE_TRY_ASSIGN(const Dependencies dependencies, find_dependencies());
  const NodeOrder sorted = sort_nodes(dependencies);
  if (!sorted.cycle.empty()) {
    return invalid("the graph has a cycle of " + std::to_string(sorted.cycle.size()) + " nodes",
                   describe_node(nodes[static_cast<std::size_t>(sorted.cycle[0])]));
  }
  for (const std::int32_t i : sorted.order) {
    const onnx::Node& node = nodes[static_cast<std::size_t>(i)];
    if (!is_constant_node(node)) KITE_TRY(add_node(node));
  }
  return {};
}

Status Importer::add_outputs() {
  // Graph looks outputs up linearly, so their number is limited; no model for pictures has nearly so many.
  if (model_.graph.outputs.empty()) return invalid("the graph has no outputs", {}, "export the model again");
  std::int64_t& left = graph_.budget().outputs;
  if (std::cmp_greater(model_.graph.outputs.size(), left)) {
    return Error{ErrorCode::kLimit,
                 "the graph has more than " + std::to_string(left) + " outputs",
                 {},
                 "export the model with the outputs that are needed"};
  }
  left -= static_cast<std::int64_t>(model_.graph.outputs.size());
  std::unordered_set<std::string_view> names;
  for (const onnx::ValueInfo& output : model_.graph.outputs) {
    const std::string where = "output " + in_quotes(output.name);
    if (!names.insert(output.name).second) return invalid("the graph lists the output twice", where);
    const auto found = values_.find(output.name);
    if (found == values_.end()) return invalid("no node makes this graph output", where);
    graph_.outputs.push_back(found->second);
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

Status Importer::run() {
  KITE_TRY(read_versions());
  KITE_TRY(read_functions());
  graph_.name = model_.graph.name;
  KITE_TRY(add_initializers());
  KITE_TRY(add_inputs());
  KITE_TRY(add_nodes());
  KITE_TRY(add_outputs());
  drop_zip_maps(graph_, out_.metadata);
  return undo_blocked_layout(graph_, out_.opset, out_.warnings);
}

}  // namespace

Result<ImportedModel> import_model(ModelSource source, std::vector<Error>* unsupported) {
  ImportedModel imported;
  Budget& budget = imported.graph.budget();
  budget.grow(static_cast<std::int64_t>(source.bytes.size()));
  KITE_TRY_ASSIGN(const onnx::Model model, onnx::parse_model(source.bytes, source.name, budget));
  onnx::ExternalFiles external;
  if (source.file != nullptr || !source.data_dirs.empty()) {
    const std::string path = source.file == nullptr ? std::string() : source.file->path();
    external = onnx::ExternalFiles({path, source.data_dirs}, budget);
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

Result<ImportedModel> import_file(const std::string& path, std::vector<std::string> data_dirs) {
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path));
  return import_file(std::make_shared<const MappedFile>(std::move(mapped)), std::move(data_dirs));
}

Result<ImportedModel> import_file(std::shared_ptr<const MappedFile> file, std::vector<std::string> data_dirs) {
  return import_model({file->path(), file->bytes(), file, std::move(data_dirs)});
}

Result<ImportedModel> import_bytes(std::span<const std::byte> bytes, std::string_view name) {
  return import_model({std::string(name), bytes, nullptr, {}});
}

}  // namespace kite
