// SPDX-License-Identifier: Apache-2.0
// Unary and broadcast binary operators to the elementwise family.
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "kernels/elementwise/elementwise.h"
#include "plan/lowering.h"

namespace kite {

namespace {

// What a unary node computes; nothing where no kernel does.
using ReadUnary = std::optional<ElementwiseParams> (*)(const Graph& graph, const Node& node);

std::optional<ElementwiseParams> activation_params(Activation activation, float a = 0.0f, float b = 0.0f) {
  ElementwiseParams params{};
  params.op = ElementwiseOp::kActivate;
  params.activation = activation;
  params.activation_a = a;
  params.activation_b = b;
  return params;
}

template <Activation activation>
std::optional<ElementwiseParams> read_activation(const Graph&, const Node&) {
  return activation_params(activation);
}

template <ElementwiseOp op>
std::optional<ElementwiseParams> read_op(const Graph&, const Node&) {
  ElementwiseParams params{};
  params.op = op;
  return params;
}

std::optional<ElementwiseParams> read_hard_sigmoid(const Graph&, const Node& node) {
  return activation_params(Activation::kHardSigmoid, node.attributes.get_float("alpha", 0.2f),
                           node.attributes.get_float("beta", 0.5f));
}

// The tanh approximation is another function: it stays with the portable operator.
std::optional<ElementwiseParams> read_gelu(const Graph&, const Node& node) {
  if (node.attributes.get_string("approximate", "none") != "none") return std::nullopt;
  return activation_params(Activation::kGelu);
}

// A limit that is left out is the end of the finite numbers (the operator's definition). False where it is computed.
bool read_limit(const Graph& graph, const Node& node, std::size_t input, float& limit) {
  if (input >= node.inputs.size() || node.inputs[input] == kNoValue) return true;
  if (!graph.is_constant(node.inputs[input])) return false;
  std::memcpy(&limit, graph.value(node.inputs[input]).constant->data, sizeof limit);
  return true;
}

std::optional<ElementwiseParams> read_clip(const Graph& graph, const Node& node) {
  float low = std::numeric_limits<float>::lowest(), high = std::numeric_limits<float>::max();
  if (node.opset < 11) {
    low = node.attributes.get_float("min", low);
    high = node.attributes.get_float("max", high);
  } else if (!read_limit(graph, node, 1, low) || !read_limit(graph, node, 2, high)) {
    return std::nullopt;
  }
  return activation_params(Activation::kClip, low, high);
}

template <ReadUnary read>
Result<bool> lower_unary(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32) return false;
  std::optional<ElementwiseParams> params = read(lowering.graph(), node);
  if (!params || !collapse_broadcast(x.dims(), x.dims(), {}, *params)) return false;
  const KernelInfo& kernel = select_elementwise(*params, lowering.isa());
  LoweredStep& step =
      lowering.step(id, kernel, *params, {lowering.operand(node.inputs[0])}, {lowering.operand(node.outputs[0])});
  step.max_parts = elementwise_max_parts(*params);
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
  const KernelInfo& kernel = select_elementwise(params, lowering.isa());
  LoweredStep& step =
      lowering.step(id, kernel, params, {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1])},
                    {lowering.operand(node.outputs[0])});
  step.max_parts = elementwise_max_parts(params);
  return true;
}

constexpr LowerRule kRules[] = {
    {"", "Add", lower_binary<ElementwiseOp::kAdd>},
    {"", "Sub", lower_binary<ElementwiseOp::kSub>},
    {"", "Mul", lower_binary<ElementwiseOp::kMul>},
    {"", "Div", lower_binary<ElementwiseOp::kDiv>},
    {"", "Relu", lower_unary<read_activation<Activation::kRelu>>},
    {"", "Clip", lower_unary<read_clip>},
    {"", "Sigmoid", lower_unary<read_activation<Activation::kSigmoid>>},
    {"", "HardSigmoid", lower_unary<read_hard_sigmoid>},
    {"", "HardSwish", lower_unary<read_activation<Activation::kHardSwish>>},
    {kInternalDomain, "Silu", lower_unary<read_activation<Activation::kSilu>>},
    {"", "Gelu", lower_unary<read_gelu>},
    {"", "Tanh", lower_unary<read_activation<Activation::kTanh>>},
    {"", "Erf", lower_unary<read_op<ElementwiseOp::kErf>>},
    {"", "Sqrt", lower_unary<read_op<ElementwiseOp::kSqrt>>},
};

}  // namespace

std::span<const LowerRule> elementwise_rules() noexcept { return kRules; }

}  // namespace kite
