// SPDX-License-Identifier: Apache-2.0
// Unary and broadcast binary operators to the elementwise family.
#include <optional>
#include <span>
#include <string_view>

#include "kernels/elementwise/elementwise.h"
#include "passes/forms.h"
#include "plan/lower/lowering.h"
#include "tensor/activation_names.h"

namespace kite {

namespace {

// What a unary node computes; nothing where no kernel does.
using ReadUnary = std::optional<ElementwiseParams> (*)(const Graph& graph, const Node& node);

std::optional<ElementwiseParams> read_activation(const Graph& graph, const Node& node) {
  const auto form = activation_form(graph, node);
  if (!form) return std::nullopt;
  ElementwiseParams params{};
  params.op = ElementwiseOp::kActivate;
  params.activation = *form;
  return params;
}

template <ElementwiseOp op>
std::optional<ElementwiseParams> read_op(const Graph&, const Node&) {
  ElementwiseParams params{};
  params.op = op;
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

template <ElementwiseOp op>
Result<bool> lower_binary(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  ElementwiseParams params{};
  params.op = op;
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 ||
      !collapse_broadcast(lowering.shape(node.outputs[0]).dims(), lowering.shape(node.inputs[0]).dims(),
                          lowering.shape(node.inputs[1]).dims(), params)) {
    return false;
  }
  lowering.step(id, kElementwise, params, {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1])},
                {lowering.operand(node.outputs[0])});
  return true;
}

constexpr LowerRule kRules[] = {
#define KITE_ACTIVATION(constant, spelling, source, kind, portable, vector) \
  {"", (ActivationSource source).op_type, lower_unary<read_activation>},    \
      {kInternalDomain, (ActivationSource source).op_type, lower_unary<read_activation>},
#include "tensor/activations.inc"
#undef KITE_ACTIVATION
    {"", "Add", lower_binary<ElementwiseOp::kAdd>},         {"", "Sub", lower_binary<ElementwiseOp::kSub>},
    {"", "Mul", lower_binary<ElementwiseOp::kMul>},         {"", "Div", lower_binary<ElementwiseOp::kDiv>},
    {"", "Erf", lower_unary<read_op<ElementwiseOp::kErf>>}, {"", "Sqrt", lower_unary<read_op<ElementwiseOp::kSqrt>>},
};

}  // namespace

std::span<const LowerRule> elementwise_rules() noexcept { return kRules; }

}  // namespace kite
