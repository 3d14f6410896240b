// SPDX-License-Identifier: Apache-2.0
// Imports twice: once to keep what the file states, once to widen. Then single nodes are evaluated on demand.
#include "cli/verify/oracle_graph.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/mapped_file.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "plan/source/source.h"
#include "tensor/convert.h"

namespace kite::cli {

namespace {

Status widen(Graph& graph, const InputShapes& shapes) {
  (void)leave_out_unsupported(graph);  // the engine's run has given its warnings
  KITE_TRY(bind_inputs(graph, shapes));
  KITE_TRY(compute_in_float32(graph, Float64::kStays));
  KITE_TRY(promote_to_float64(graph));
  return infer_types(graph);
}

}  // namespace

Result<OracleGraph> OracleGraph::open(const std::string& path, const InputShapes& shapes,
                                      const std::vector<std::string>& data_dirs, std::int64_t limit_bytes) {
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path));
  if (is_plan(mapped.bytes())) {
    return Error{ErrorCode::kUsage, "a plan holds the engine's own form of a model, and not its values by name", path,
                 "give the .onnx file"};
  }
  const auto file = std::make_shared<const MappedFile>(std::move(mapped));
  OracleGraph oracle;
  oracle.path_ = path;
  oracle.limit_bytes_ = limit_bytes;
  KITE_TRY_ASSIGN(ImportedModel stated, import_file(file, data_dirs));
  KITE_TRY_ASSIGN(ImportedModel widened, import_file(file, data_dirs));
  if (Status wide = widen(widened.graph, shapes); !wide.ok()) return std::move(wide).error().in(path);
  oracle.wide_ = std::move(widened.graph);
  oracle.stated_ = std::make_unique<const ImportedModel>(std::move(stated));

  const Graph& graph = oracle.stated();
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    oracle.by_name_.emplace(graph.value(static_cast<ValueId>(i)).name, static_cast<ValueId>(i));
  }
  for (const GraphInput& input : oracle.wide_.inputs) oracle.inputs_.push_back(input.value);
  oracle.position_.assign(oracle.wide_.node_count(), -1);
  std::int64_t position = 0;
  for (const NodeId id : oracle.wide_.order()) {
    oracle.position_[static_cast<std::size_t>(id)] = position++;
    for (const ValueId output : oracle.wide_.node(id).outputs) {
      const bool is_named = output != kNoValue && static_cast<std::size_t>(output) < graph.value_count();
      if (is_named && !oracle.wide_.is_constant(output)) oracle.made_.push_back(output);
    }
  }
  return oracle;
}

std::string_view OracleGraph::name(ValueId id) const {
  return static_cast<std::size_t>(id) < stated().value_count() ? std::string_view(stated().value(id).name) : "";
}

std::optional<ValueId> OracleGraph::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

Status OracleGraph::fits(ValueId id, const TensorType& found) const {
  const TensorType& wanted = type(id);
  const bool is_float = is_floating_point(wanted.dtype);
  if (found.shape == wanted.shape && (is_float ? is_floating_point(found.dtype) : found.dtype == wanted.dtype)) {
    return {};
  }
  return Error{ErrorCode::kInvalidInput,
               "expected " + std::string(is_float ? "floating-point numbers" : dtype_name(wanted.dtype)) + " " +
                   wanted.shape.to_string() + ", found " + std::string(dtype_name(found.dtype)) +
                   found.shape.to_string(),
               "value \"" + std::string(name(id)) + "\"", "compare with the values of the same model and input shape"};
}

Result<std::vector<NodeId>> OracleGraph::needed(const KnownValues& known, ValueId target) const {
  std::set<NodeId> seen;
  std::vector<ValueId> open{target};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (value == kNoValue || wide_.is_constant(value) || (value != target && known.contains(value))) continue;
    const NodeId producer = wide_.value(value).producer;
    if (producer == kNoNode) {
      return Error{ErrorCode::kInvalidInput, "its value is not known", "input \"" + wide_.value(value).name + "\"",
                   "give the picture, or record the input under its name"};
    }
    if (!seen.insert(producer).second) continue;
    const std::vector<ValueId>& inputs = wide_.node(producer).inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  std::vector<NodeId> nodes(seen.begin(), seen.end());
  std::ranges::sort(nodes, {}, [&](NodeId id) { return position_[static_cast<std::size_t>(id)]; });
  return nodes;
}

std::vector<NodeId> OracleGraph::between(const KnownValues& known, ValueId target) const {
  auto nodes = needed(known, target);
  if (!nodes.ok()) return {};
  std::erase_if(*nodes, [&](NodeId id) { return static_cast<std::size_t>(id) >= stated().node_count(); });
  return std::move(nodes).value();
}

Result<Tensor> OracleGraph::compute(const KnownValues& known, ValueId target) const {
  KITE_TRY_ASSIGN(const std::vector<NodeId> nodes, needed(known, target));
  std::unordered_map<ValueId, Tensor> made;
  std::unordered_map<ValueId, int> reads;
  for (const NodeId id : nodes) {
    for (const ValueId input : wide_.node(id).inputs) ++reads[input];
  }
  std::int64_t held_bytes = 0;
  for (const NodeId id : nodes) {
    const Node& node = wide_.node(id);
    std::vector<TensorView> operands;
    std::vector<Tensor> widened;
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) {
        operands.emplace_back();
      } else if (wide_.is_constant(input)) {
        operands.push_back(*wide_.value(input).constant);
      } else {
        const auto own = made.find(input);
        operands.push_back(own != made.end() ? own->second.view() : known.at(input));
        const DType wanted = type(input).dtype;
        if (operands.back().type.dtype == wanted) continue;
        widened.push_back(converted(operands.back(), wanted));
        operands.back() = widened.back().view();
      }
    }
    auto results = evaluate_node(wide_, id, operands, limit_bytes_ - held_bytes);
    if (!results.ok()) return std::move(results).error().in(path_);
    for (std::size_t i = 0; i < results->size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      held_bytes += (*results)[i].type().size_bytes();
      made.insert_or_assign(node.outputs[i], std::move((*results)[i]));
    }
    for (const ValueId input : node.inputs) {
      const auto own = made.find(input);
      if (input == kNoValue || --reads[input] > 0 || own == made.end()) continue;
      held_bytes -= own->second.type().size_bytes();
      made.erase(own);
    }
  }
  return std::move(made.at(target));
}

}  // namespace kite::cli
