// SPDX-License-Identifier: Apache-2.0
// Looks things up in a graph for the passes.
#include "passes/match.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/op.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/expand/expansion.h"

namespace kite {

bool is_op(const Node& node, std::string_view op_type, std::string_view domain) {
  return node.op_type == op_type && node.domain == domain;
}

bool is_known(const Node& node) {
  const auto covers = [&](const auto* op) {
    return op != nullptr && node.opset >= op->first_opset && node.opset <= op->last_opset;
  };
  return covers(find_operator(node.domain, node.op_type)) || covers(find_expanded(node.domain, node.op_type));
}

NodeId producer_of(const Graph& graph, ValueId id, std::string_view op_type, std::string_view domain) {
  if (id == kNoValue) return kNoNode;
  const NodeId producer = graph.value(id).producer;
  return producer != kNoNode && is_op(graph.node(producer), op_type, domain) ? producer : kNoNode;
}

NodeId sole_reader(const Graph& graph, ValueId id) {
  return graph.is_read_once(id) ? graph.consumers(id).front() : kNoNode;
}

bool is_graph_input(const Graph& graph, ValueId id) {
  return graph.value(id).producer == kNoNode && !graph.is_constant(id);
}

const Shape& shape_of(const Graph& graph, ValueId id) {
  KITE_CHECK(graph.value(id).type.has_value());
  return graph.value(id).type->shape;
}

DType dtype_of(const Graph& graph, ValueId id) {
  KITE_CHECK(graph.value(id).type.has_value());
  return graph.value(id).type->dtype;
}

bool is_float(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

ValueId input_of(const Node& node, std::size_t i) { return i < node.inputs.size() ? node.inputs[i] : kNoValue; }

bool constant_or_absent(const Graph& graph, ValueId id) { return id == kNoValue || graph.is_constant(id); }

ValueId other_input(const Node& node, ValueId id) {
  if (node.inputs.size() != 2 || node.inputs[0] == node.inputs[1]) return kNoValue;
  if (node.inputs[0] == id) return node.inputs[1];
  return node.inputs[1] == id ? node.inputs[0] : kNoValue;
}

std::optional<double> scalar_constant(const Graph& graph, ValueId id) {
  if (!graph.is_constant(id)) return std::nullopt;
  const TensorView& view = *graph.value(id).constant;
  if (!is_float(view.type.dtype) || view.type.shape.elements() != 1) return std::nullopt;
  return read_doubles(view).front();
}

std::optional<std::vector<std::int64_t>> int_constant(const Graph& graph, ValueId id) {
  if (!graph.is_constant(id)) return std::nullopt;
  const TensorView& view = *graph.value(id).constant;
  const bool wide = view.type.dtype == DType::kInt64;
  if (!wide && view.type.dtype != DType::kInt32) return std::nullopt;
  std::vector<std::int64_t> values(static_cast<std::size_t>(view.type.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (wide) {
      std::memcpy(&values[i], view.data + i * sizeof(std::int64_t), sizeof(std::int64_t));
    } else {
      std::int32_t element = 0;
      std::memcpy(&element, view.data + i * sizeof element, sizeof element);
      values[i] = element;
    }
  }
  return values;
}

std::optional<Scaled> as_scaled(const Graph& graph, ValueId id) {
  const NodeId producer = id == kNoValue ? kNoNode : graph.value(id).producer;
  if (producer == kNoNode) return std::nullopt;
  const Node& node = graph.node(producer);
  const bool is_product = is_op(node, "Mul");
  if (!is_product && !is_op(node, "Div")) return std::nullopt;
  for (const std::size_t constant : {std::size_t{1}, std::size_t{0}}) {
    const auto factor = scalar_constant(graph, node.inputs[constant]);
    const ValueId x = node.inputs[1 - constant];
    if (!factor || graph.value(x).type != graph.value(id).type) continue;
    if (is_product) return Scaled{x, *factor};
    // A factor must stay finite: 1 / 1e-320 is not.
    if (constant == 1 && std::isfinite(1 / *factor)) return Scaled{x, 1 / *factor};
  }
  return std::nullopt;
}

std::vector<ProductStep> follow_products(const Graph& graph, ValueId start, ValueId x) {
  std::vector<ProductStep> steps;
  ProductStep step;
  // Exporters write a gelu with at most three products. The bound keeps a chain of thousands of products from being
  // walked again for each of its nodes.
  constexpr int kMostProducts = 4;
  for (ValueId value = start; steps.size() < kMostProducts;) {
    step.node = sole_reader(graph, value);
    if (step.node == kNoNode) break;
    const Node& node = graph.node(step.node);
    const ValueId other = node.inputs.size() == 2 ? other_input(node, value) : kNoValue;
    if (other == kNoValue) break;
    const auto factor = scalar_constant(graph, other);
    if (is_op(node, "Div") && factor && node.inputs[0] == value && std::isfinite(1 / *factor)) {
      step.factor /= *factor;
    } else if (!is_op(node, "Mul")) {
      break;
    } else if (factor) {
      step.factor *= *factor;
    } else if (!step.has_x && other == x) {
      step.has_x = true;
    } else if (const auto scaled = as_scaled(graph, other); !step.has_x && scaled && scaled->x == x) {
      step.has_x = true;
      step.factor *= scaled->factor;
    } else {
      break;
    }
    if (graph.value(node.outputs[0]).type != graph.value(start).type) break;
    value = node.outputs[0];
    steps.push_back(step);
  }
  return steps;
}

bool nearly(double a, double b) {
  // 2^-22 is twice the error that can occur: two roundings to float32, each of at most half of 2^-23.
  return std::abs(a - b) <= std::max(std::abs(a), std::abs(b)) * 0x1p-22;
}

bool is_per_channel(const Graph& graph, ValueId id, std::int64_t channels, int rank) {
  if (!graph.is_constant(id)) return false;
  const Shape& shape = shape_of(graph, id);
  return shape.rank() >= 1 && shape.rank() <= rank && shape.elements() == channels &&
         shape[shape.rank() - 1] == channels;
}

}  // namespace kite
