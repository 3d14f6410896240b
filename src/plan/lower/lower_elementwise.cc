// SPDX-License-Identifier: Apache-2.0
// Lowers unary and broadcast binary operators to the elementwise family.
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "kernels/elementwise/elementwise.h"
#include "passes/forms.h"
#include "plan/lower/lowering.h"
#include "plan/lower/region.h"
#include "tensor/activation_names.h"

namespace kite {

namespace {

// What a unary node computes; nullopt where no kernel computes it.
using ReadUnary = std::optional<ElementwiseParams> (*)(const Graph& graph, const Node& node);

std::optional<ElementwiseParams> read_activation(const Graph& graph, const Node& node) {
  const auto form = activation_form(graph, node);
  if (!form) return std::nullopt;
  ElementwiseParams params{};
  params.op = ElementwiseOp::kActivate;
  params.activation = *form;
  return params;
}

// The operator of the family's table that a node is; nullopt where it is not in the table.
std::optional<ElementwiseOp> table_op(const Node& node) {
  static constexpr std::pair<std::string_view, ElementwiseOp> kOps[] = {
#define KITE_ELEMENTWISE(constant, name, operands, vector) {name, ElementwiseOp::constant},
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
      {"Sum", ElementwiseOp::kAdd},  // of two inputs
  };
  if (!node.domain.empty()) return std::nullopt;
  for (const auto& [name, op] : kOps) {
    if (node.op_type == name && node.inputs.size() == static_cast<std::size_t>(operands_of(op))) return op;
  }
  return std::nullopt;
}

std::optional<ElementwiseParams> read_formula(const Graph&, const Node& node) {
  const auto op = table_op(node);
  if (!op) return std::nullopt;
  ElementwiseParams params{};
  params.op = *op;
  return params;
}

template <ReadUnary read>
Result<bool> lower_unary(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32) return false;
  std::optional<ElementwiseParams> params = read(lowering.graph(), node);
  if (!params || !collapse_broadcast(x.dims(), x.dims(), {}, *params)) return false;
  lowering.step(id, kElementwise, *params, {lowering.operand(node.inputs[0])}, {lowering.operand(node.outputs[0])});
  return true;
}

// What a binary node computes; nullopt where no kernel computes it.
std::optional<ElementwiseParams> read_binary(const Lowering& lowering, const Node& node) {
  const auto op = table_op(node);
  if (!op || operands_of(*op) != 2 || lowering.type(node.inputs[0]).dtype != DType::kFloat32) return std::nullopt;
  ElementwiseParams params{};
  params.op = *op;
  const auto dims = [&](ValueId id) { return lowering.shape(id).dims(); };
  if (!collapse_broadcast(dims(node.outputs[0]), dims(node.inputs[0]), dims(node.inputs[1]), params)) {
    return std::nullopt;
  }
  return params;
}

void binary_step(Lowering& lowering, NodeId id, const Node& node, const ElementwiseParams& params, ValueId result) {
  lowering.step(id, kElementwise, params, {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1])},
                {lowering.operand(result)});
}

Result<bool> lower_binary(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto params = read_binary(lowering, node);
  if (params) binary_step(lowering, id, node, *params, node.outputs[0]);
  return params.has_value();
}

// x ^ 2 is x * x to the bit: the square of a float is exact in the double that the power is computed in.
Result<bool> lower_square(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const auto& exponent = lowering.graph().value(node.inputs[1]).constant;
  const Shape& x = lowering.shape(node.inputs[0]);
  ElementwiseParams params{};
  params.op = ElementwiseOp::kMul;
  if (!exponent || exponent->type.dtype != DType::kFloat32 || exponent->type.shape.elements() != 1) return false;
  float power = 0;
  std::memcpy(&power, exponent->data, sizeof power);  // constants may be unaligned
  if (power != 2.0f || lowering.type(node.inputs[0]).dtype != DType::kFloat32 ||
      !(lowering.shape(node.outputs[0]) == x) || !collapse_broadcast(x.dims(), x.dims(), x.dims(), params)) {
    return false;
  }
  const OperandId operand = lowering.operand(node.inputs[0]);
  lowering.step(id, kElementwise, params, {operand, operand}, {lowering.operand(node.outputs[0])});
  return true;
}

// act(a + b), and so on: one pass over memory instead of two.
Region match_activated(const Lowering& lowering, NodeId last) {
  const Graph& graph = lowering.graph();
  const Node& activation = graph.node(last);
  if (!activation_form(graph, activation) || !graph.is_read_once(activation.inputs[0])) return {};
  const NodeId binary = graph.value(activation.inputs[0]).producer;
  if (binary == kNoNode || !read_binary(lowering, graph.node(binary))) return {};
  return {binary, last};
}

Status lower_activated(Lowering& lowering, std::span<const NodeId> region) {
  const Graph& graph = lowering.graph();
  const Node& binary = graph.node(region[0]);
  ElementwiseParams params = *read_binary(lowering, binary);
  params.activation = *activation_form(graph, graph.node(region[1]));
  binary_step(lowering, region[1], binary, params, graph.node(region[1]).outputs[0]);
  return {};
}

constexpr RegionRule kElementwiseRegionRules[] = {{match_activated, lower_activated}};

constexpr LowerRule kElementwiseRules[] = {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) \
  {"", (ActivationSource source).op_type, lower_unary<read_activation>},    \
      {kInternalDomain, (ActivationSource source).op_type, lower_unary<read_activation>},
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
#define KITE_ELEMENTWISE(constant, name, operands, vector) \
  {"", name, operands == 2 ? lower_binary : lower_unary<read_formula>},
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
    {"", "Sum", lower_binary},
    {"", "Pow", lower_square},
};

}  // namespace

std::span<const LowerRule> elementwise_rules() noexcept { return kElementwiseRules; }
std::span<const RegionRule> elementwise_region_rules() noexcept { return kElementwiseRegionRules; }

}  // namespace kite
