// SPDX-License-Identifier: Apache-2.0
// Adds, replaces and removes nodes on behalf of the passes.
#include "passes/rewrite.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/match.h"

namespace kite {

Node make_node(std::string_view op_type, int opset, std::vector<ValueId> inputs) {
  Node node;
  node.op_type = op_type;
  node.opset = opset;
  node.inputs = std::move(inputs);
  return node;
}

Node make_internal(std::string_view op_type, std::vector<ValueId> inputs) {
  Node node = make_node(op_type, 1, std::move(inputs));
  node.domain = kInternalDomain;
  return node;
}

Result<ValueId> add_before(Graph& graph, NodeId anchor, Node node, std::string output_name) {
  const ValueId output = graph.add_value(std::move(output_name));
  node.outputs = {output};
  if (node.name.empty()) node.name = graph.node(anchor).name;
  const NodeId id = graph.insert_before(anchor, std::move(node));
  KITE_TRY(infer_node(graph, id));
  return output;
}

Result<NodeId> replace_node(Graph& graph, NodeId old, Node node) {
  node.outputs = graph.node(old).outputs;
  if (node.name.empty()) node.name = graph.node(old).name;
  std::vector<std::optional<TensorType>> types;
  for (const ValueId output : node.outputs) {
    types.push_back(output == kNoValue ? std::nullopt : graph.value(output).type);
  }
  const NodeId id = graph.insert_before(old, std::move(node));
  graph.remove(old);
  KITE_TRY(infer_node(graph, id));
  const std::vector<ValueId>& outputs = graph.node(id).outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == kNoValue || graph.value(outputs[i]).type == types[i]) continue;
    return Error{ErrorCode::kUnsupportedModel,
                 "rewriting this node would change the type of \"" + graph.value(outputs[i]).name +
                     "\", which is a defect of paperkite",
                 graph.describe(id), "leave the pass out with --disable-pass, and report the model"};
  }
  return id;
}

bool bypass(Graph& graph, NodeId id, ValueId source) {
  const ValueId output = graph.node(id).outputs.front();
  if (graph.is_output(output) &&
      (graph.is_output(source) || graph.is_constant(source) || is_graph_input(graph, source))) {
    return false;
  }
  graph.replace_uses(output, source);
  graph.remove(id);
  return true;
}

int remove_dead_nodes(Graph& graph) {
  int removed = 0;
  // Backwards, so that a node is seen after all of its readers.
  for (const NodeId id : graph.order() | std::views::reverse) {
    const std::vector<ValueId>& outputs = graph.node(id).outputs;
    const bool is_read = std::ranges::any_of(
        outputs, [&](ValueId output) { return output != kNoValue && graph.use_count(output) != 0; });
    if (is_read) continue;
    graph.remove(id);
    ++removed;
  }
  return removed;
}

Node make_reshape(Graph& graph, ValueId source, const Shape& shape) {
  const ValueId dims = add_int_constant(graph, graph.value(source).name + "_shape", shape.dims());
  Node node = make_node("Reshape", 14, {source, dims});
  node.attributes.set("allowzero", std::int64_t{1});  // a dimension 0 means 0, not a copy of the input's dimension
  return node;
}

Result<ValueId> reshape_before(Graph& graph, NodeId anchor, ValueId source, const Shape& shape) {
  if (shape_of(graph, source) == shape) return source;
  return add_before(graph, anchor, make_reshape(graph, source, shape), graph.value(source).name + "_view");
}

Node make_transpose(ValueId source, const std::vector<int>& perm) {
  Node node = make_node("Transpose", 13, {source});
  node.attributes.set("perm", std::vector<std::int64_t>(perm.begin(), perm.end()));
  return node;
}

void set_window(Node& node, const Window& window) {
  std::vector<std::int64_t> strides, dilations, pads;
  for (const WindowAxis& axis : window.spatial()) {
    strides.push_back(axis.stride);
    dilations.push_back(axis.dilation);
    pads.push_back(axis.pad_begin);
  }
  for (const WindowAxis& axis : window.spatial()) pads.push_back(axis.pad_end);
  node.attributes.set("strides", std::move(strides));
  node.attributes.set("pads", std::move(pads));
  node.attributes.set("dilations", std::move(dilations));
}

}  // namespace kite
