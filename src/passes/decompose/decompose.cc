// SPDX-License-Identifier: Apache-2.0
// Writes operators as a few others that have kernels. The portable implementation of each is the judge of its rewrite.
#include "passes/decompose/decompose.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

std::string Substitution::name() const { return graph_.value(graph_.node(id_).outputs.front()).name; }

Result<ValueId> Substitution::add(std::string_view op_type, int opset, std::vector<ValueId> inputs) {
  return add(make_node(op_type, opset, std::move(inputs)));
}

Result<ValueId> Substitution::add(Node node) {
  std::string output = name() + "_" + node.op_type;
  return add_before(graph_, id_, std::move(node), std::move(output));
}

Result<ValueId> Substitution::reshape(ValueId source, std::span<const std::int64_t> dims) {
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims));
  if (graph_.is_constant(source)) return constant_as(graph_, source, shape);
  return reshape_before(graph_, id_, source, shape);
}

Result<ValueId> Substitution::transpose(ValueId source, const std::vector<int>& perm) {
  if (std::ranges::is_sorted(perm)) return source;
  if (graph_.is_constant(source) && may_copy(graph_, graph_.value(source).type->size_bytes())) {
    const ValueId moved =
        graph_.add_constant(graph_.value(source).name + "_moved", permuted(*graph_.value(source).constant, perm));
    graph_.value(moved).type = graph_.value(moved).constant->type;
    return moved;
  }
  return add(make_transpose(source, perm));
}

ValueId Substitution::number(double value, ValueId like) {
  return add_float_constant(graph_, name() + "_factor", dtype_of(graph_, like), Shape{}, std::array{value});
}

Status Substitution::finish(ValueId result) {
  if (!bypass(graph_, id_, result)) KITE_TRY(replace_node(graph_, id_, make_node("Identity", 13, {result})));
  return {};
}

namespace {

bool is_float_node(const Graph& graph, const Node& node) {
  const ValueId first = input_of(node, 0);
  return first != kNoValue && is_float(dtype_of(graph, first));
}

// x * sigmoid(alpha * x)
Result<ValueId> gate(Substitution& made, ValueId x, float alpha) {
  if (alpha == 1) return made.add(make_internal("Silu", {x}));
  KITE_TRY_ASSIGN(const ValueId scaled, made.add("Mul", 14, {x, made.number(alpha, x)}));
  KITE_TRY_ASSIGN(const ValueId sigmoid, made.add("Sigmoid", 13, {scaled}));
  return made.add("Mul", 14, {x, sigmoid});
}

Result<bool> decompose_swish(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  Substitution made(graph, id);
  KITE_TRY_ASSIGN(const ValueId y, gate(made, node.inputs[0], node.attributes.get_float("alpha", 1)));
  KITE_TRY(made.finish(y));
  return true;
}

Result<bool> decompose_swiglu(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  Substitution made(graph, id);
  KITE_TRY_ASSIGN(const ValueId gated, gate(made, node.inputs[0], node.attributes.get_float("alpha", 1)));
  KITE_TRY_ASSIGN(const ValueId y, made.add("Mul", 14, {gated, node.inputs[1]}));
  KITE_TRY(made.finish(y));
  return true;
}

// x / sqrt(mean(x^2) + epsilon) * scale
Result<bool> decompose_rms_norm(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const ValueId x = node.inputs[0];
  const int rank = shape_of(graph, x).rank();
  Substitution made(graph, id);
  KITE_TRY_ASSIGN(const ValueId squares, made.add("Mul", 14, {x, x}));
  Node mean = make_node("ReduceMean", 13, {squares});
  const auto axis = static_cast<std::size_t>((node.attributes.get_int("axis", -1) + rank) % rank);
  std::vector<std::int64_t> axes(static_cast<std::size_t>(rank) - axis);
  std::iota(axes.begin(), axes.end(), static_cast<std::int64_t>(axis));
  mean.attributes.set("axes", axes);
  KITE_TRY_ASSIGN(const ValueId average, made.add(std::move(mean)));
  const ValueId epsilon = made.number(node.attributes.get_float("epsilon", 1e-5F), x);
  KITE_TRY_ASSIGN(const ValueId raised, made.add("Add", 14, {average, epsilon}));
  KITE_TRY_ASSIGN(const ValueId length, made.add("Sqrt", 13, {raised}));
  KITE_TRY_ASSIGN(const ValueId factor, made.add("Reciprocal", 13, {length}));
  KITE_TRY_ASSIGN(const ValueId normal, made.add("Mul", 14, {x, factor}));
  // Leading axes of size 1 that the scale has more than x would add axes to the result.
  ValueId scale = graph.node(id).inputs[1];
  const Shape& stated = shape_of(graph, scale);
  if (stated.rank() > rank) {
    KITE_TRY_ASSIGN(scale, made.reshape(scale, stated.dims().last(static_cast<std::size_t>(rank))));
  }
  KITE_TRY_ASSIGN(const ValueId y, made.add("Mul", 14, {normal, scale}));
  KITE_TRY(made.finish(y));
  return true;
}

struct Decomposition {
  std::string_view domain;
  std::string_view op_type;
  Result<bool> (*rewrite)(Graph& graph, NodeId id);
};

constexpr Decomposition kDecompositions[] = {
    {"", "Attention", decompose_attention},
    {"", "Conv", decompose_conv},
    {"", "ConvTranspose", decompose_conv_transpose},
    {"", "Einsum", decompose_einsum},
    {"", "GRU", decompose_recurrent},
    {"", "LSTM", decompose_recurrent},
    {"", "RMSNormalization", decompose_rms_norm},
    {"", "RNN", decompose_recurrent},
    {"", "ScatterND", decompose_scatter},
    {"", "SwiGLU", decompose_swiglu},
    {"", "Swish", decompose_swish},
    {"ai.onnx.preview", "FlexAttention", decompose_attention},
};

}  // namespace

Result<int> decompose(Graph& graph) {
  int done = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.removed || !is_float_node(graph, node)) continue;
    for (const Decomposition& row : kDecompositions) {
      if (!is_op(node, row.op_type, row.domain)) continue;
      KITE_TRY_ASSIGN(const bool is_replaced, row.rewrite(graph, id));
      done += is_replaced ? 1 : 0;
      break;
    }
  }
  if (done != 0) remove_dead_nodes(graph);
  return done;
}

}  // namespace kite
