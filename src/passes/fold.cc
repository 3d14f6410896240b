// SPDX-License-Identifier: Apache-2.0
// Evaluates nodes with constant inputs: the constant folding that type inference and the pass share.
#include "passes/fold.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/expand/expansion.h"
#include "passes/match.h"

namespace kite {

namespace {

// Shape arithmetic works on few numbers. This limit covers the index tables that exporters build for a Gather
// (ConvNeXt's as_strided: one int64 for each of 768 channels and picture), and is far below the size of any weight.
constexpr std::int64_t kShapeArithmeticBytes = std::int64_t{1} << 20;
// Floating-point detours of shape arithmetic (sqrt of a dimension, a scale factor) are scalars or short lists. Longer
// ones are weights: the pass that folds constants decides about those.
constexpr std::int64_t kFloatArithmeticElements = 64;

// Operators whose only output holds the elements of input 0 in their order.
constexpr std::array<std::string_view, 5> kViews = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"};

bool makes_graph_output(const Graph& graph, const Node& node) {
  return std::ranges::any_of(node.outputs, [&](ValueId id) { return id != kNoValue && graph.is_output(id); });
}

bool is_read_by_nodes(const Graph& graph, const Node& node) {
  return std::ranges::any_of(node.outputs, [&](ValueId id) { return id != kNoValue && !graph.consumers(id).empty(); });
}

// The node's outputs become constants and the node is removed. Where one of them is a graph output, the node stays for
// it, and the other readers of its outputs read new constants.
void settle(Graph& graph, NodeId id, std::span<const TensorView> results) {
  const Node& node = graph.node(id);
  const bool stays = makes_graph_output(graph, node);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ValueId output = node.outputs[i];
    if (output == kNoValue) continue;
    if (!stays) {
      graph.value(output).constant = results[i];
      continue;
    }
    const ValueId constant = graph.add_constant_view(graph.value(output).name, results[i]);
    for (const NodeId reader : graph.consumers(output)) {
      for (std::size_t k = 0; k < graph.node(reader).inputs.size(); ++k) {
        if (graph.node(reader).inputs[k] == output) graph.set_input(reader, k, constant);
      }
    }
  }
  if (!stays) graph.remove(id);
}

bool reads_only_constants(const Graph& graph, const Node& node) {
  return std::ranges::all_of(node.inputs, [&](ValueId id) { return id == kNoValue || graph.is_constant(id); });
}

// Shape(x) and Size(x) are known as soon as x has a type. Shape takes a range of axes since opset 15, clamped to
// [0, rank] as a slice is.
std::optional<Tensor> shape_of_input(const Graph& graph, const Node& node) {
  const bool is_size = is_op(node, "Size");
  if (!is_size && !is_op(node, "Shape")) return std::nullopt;
  const Shape& shape = shape_of(graph, node.inputs.front());
  if (is_size) return Tensor::of<std::int64_t>(Shape{}, {shape.elements()});

  const std::int64_t rank = shape.rank();
  const auto position = [&](std::int64_t axis) {
    return std::clamp(axis < 0 ? axis + rank : axis, std::int64_t{0}, rank);
  };
  const std::int64_t first = position(node.attributes.get_int("start", 0));
  const std::int64_t last = std::max(first, position(node.attributes.get_int("end", rank)));
  Tensor dims(DType::kInt64, Shape{last - first});
  std::ranges::copy(shape.dims().subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)),
                    dims.as<std::int64_t>());
  return dims;
}

// The result as a view of elements that are already in memory.
std::optional<TensorView> as_view(const Graph& graph, const Node& node) {
  if (!node.domain.empty() || node.outputs.size() != 1) return std::nullopt;
  const TensorType& type = *graph.value(node.outputs.front()).type;
  TensorView view;
  if (node.op_type == "Constant") {
    const TensorView* value = node.attributes.get_tensor("value");
    if (value == nullptr) return std::nullopt;
    view = *value;
  } else if (std::ranges::find(kViews, node.op_type) != kViews.end()) {
    view = *graph.value(node.inputs.front()).constant;
  } else {
    return std::nullopt;
  }
  if (view.type.dtype != type.dtype || view.type.shape.elements() != type.shape.elements()) return std::nullopt;
  view.type = type;
  return view;
}

// Constants and shape arithmetic are computed while types are inferred; arithmetic on weights is left to the pass that
// folds constants.
bool is_shape_arithmetic(const Graph& graph, const Node& node) {
  if (is_op(node, "Constant")) return true;
  if (node.op_type == "DequantizeLinear") return false;  // short ones are biases in 8-bit products
  return std::ranges::all_of(node.outputs, [&](ValueId id) {
    if (id == kNoValue) return true;
    const TensorType& type = *graph.value(id).type;
    return !is_float(type.dtype) || type.shape.elements() <= kFloatArithmeticElements;
  });
}

}  // namespace

Result<bool> fold_node(Graph& graph, NodeId id, std::int64_t limit_bytes) {
  const Node& node = graph.node(id);
  if (node.outputs.empty() || (makes_graph_output(graph, node) && !is_read_by_nodes(graph, node))) return false;
  std::vector<TensorView> views;
  if (auto shape = shape_of_input(graph, node)) {
    views = {graph.own(std::move(*shape))};
  } else if (!reads_only_constants(graph, node)) {
    return false;
  } else if (const auto view = as_view(graph, node)) {
    views = {*view};
  } else {
    KITE_TRY_ASSIGN(const NodeCost cost, cost_of(graph, id));
    if (cost.bytes > limit_bytes || !may_copy(graph, cost.bytes)) return false;
    if (cost.steps > graph.budget().left(Limit::kConstantSteps)) return false;
    (void)graph.budget().take(Limit::kConstantSteps, cost.steps);
    std::vector<TensorView> operands;
    for (const ValueId input : node.inputs) {
      operands.push_back(input == kNoValue ? TensorView{} : *graph.value(input).constant);
    }
    KITE_TRY_ASSIGN(std::vector<Tensor> results, evaluate_node(graph, id, operands, limit_bytes));
    for (std::size_t i = 0; i < results.size(); ++i) {
      views.push_back(node.outputs[i] == kNoValue ? TensorView{} : graph.own(std::move(results[i])));
    }
  }
  settle(graph, id, views);
  return true;
}

Result<bool> fold_with_makers(Graph& graph, NodeId id, std::span<const NodeId> makers, std::int64_t limit_bytes) {
  if (makes_graph_output(graph, graph.node(id))) return false;
  std::vector<NodeId> nodes(makers.begin(), makers.end());
  nodes.push_back(id);
  Checked steps = 0;
  for (const NodeId node : nodes) {
    KITE_TRY_ASSIGN(const NodeCost cost, cost_of(graph, node));
    if (node == id && (cost.bytes > limit_bytes || !may_copy(graph, cost.bytes))) return false;
    steps += cost.steps;
  }
  if (steps.capped() > graph.budget().left(Limit::kConstantSteps)) return false;
  (void)graph.budget().take(Limit::kConstantSteps, steps.capped());
  std::unordered_map<ValueId, Tensor> made;
  for (const NodeId node : nodes) {
    std::vector<TensorView> operands;
    for (const ValueId input : graph.node(node).inputs) {
      const auto tensor = made.find(input);
      operands.push_back(input == kNoValue      ? TensorView{}
                         : tensor != made.end() ? tensor->second.view()
                                                : *graph.value(input).constant);
    }
    KITE_TRY_ASSIGN(std::vector<Tensor> results, evaluate_node(graph, node, operands, kInterpretLimitBytes));
    for (const ValueId input : graph.node(node).inputs) made.erase(input);
    made.insert_or_assign(graph.node(node).outputs.front(), std::move(results.front()));
  }
  const TensorView result = graph.own(std::move(made.at(graph.node(id).outputs.front())));
  settle(graph, id, {&result, 1});
  return true;
}

namespace {

Status fold_shape_arithmetic(Graph& graph, NodeId id) {
  if (is_shape_arithmetic(graph, graph.node(id))) KITE_TRY(fold_node(graph, id, kShapeArithmeticBytes));
  return {};
}

}  // namespace

Status infer_and_fold(Graph& graph, NodeId id) {
  if (const ExpandedOperator* op = find_expanded(graph.node(id).domain, graph.node(id).op_type)) {
    KITE_TRY_ASSIGN(const std::vector<NodeId> added, expand_node(graph, id, *op));
    for (const NodeId node : added) KITE_TRY(fold_shape_arithmetic(graph, node));
    return {};
  }
  KITE_TRY(infer_node(graph, id));
  return fold_shape_arithmetic(graph, id);
}

}  // namespace kite
