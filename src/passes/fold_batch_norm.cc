// SPDX-License-Identifier: Apache-2.0
// Folds every BatchNormalization with constant statistics into the weights of the Conv or Gemm before it. Where there
// is no such node, it becomes a multiplication and an addition for each channel.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/training.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// y = scale[c] * x + shift[c] for channel c.
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};

std::optional<Affine> affine_of(const Graph& graph, const Node& node) {
  const bool extra_outputs = std::ranges::any_of(node.outputs.begin() + 1, node.outputs.end(), [&](ValueId id) {
    return id != kNoValue && graph.use_count(id) != 0;
  });
  const bool inference = !uses_batch_statistics(node) && node.attributes.get_int("spatial", 1) == 1;
  if (extra_outputs || !inference || node.inputs.size() != 5) return std::nullopt;
  const Shape& x = shape_of(graph, node.inputs[0]);
  if (x.rank() < 2) return std::nullopt;
  for (std::size_t i = 1; i < 5; ++i) {
    if (!graph.is_constant(node.inputs[i]) || !is_float(dtype_of(graph, node.inputs[i])) ||
        shape_of(graph, node.inputs[i]).elements() != x[1]) {
      return std::nullopt;
    }
  }
  const auto read = [&](std::size_t i) { return read_doubles(*graph.value(node.inputs[i]).constant); };
  Affine affine{read(1), read(2)};
  const std::vector<double> mean = read(3);
  const std::vector<double> variance = read(4);
  const auto epsilon = static_cast<double>(node.attributes.get_float("epsilon", 1e-5F));
  for (std::size_t c = 0; c < mean.size(); ++c) {
    affine.scale[c] /= std::sqrt(variance[c] + epsilon);
    affine.shift[c] -= mean[c] * affine.scale[c];
  }
  return affine;
}

// The node with this operator that makes the input of `norm`, where `norm` is its only reader.
NodeId producer_to_fold(const Graph& graph, const Node& norm, std::string_view op_type) {
  const NodeId producer = producer_of(graph, norm.inputs[0], op_type);
  return producer != kNoNode && sole_reader(graph, norm.inputs[0]) != kNoNode ? producer : kNoNode;
}

// Conv weights are [K, C/group, ...]: row k is scaled by scale[k].
Result<bool> fold_into_conv(Graph& graph, NodeId norm_id, const Affine& affine) {
  const NodeId conv_id = producer_to_fold(graph, graph.node(norm_id), "Conv");
  if (conv_id == kNoNode) return false;
  Node conv = graph.node(conv_id);
  if (!graph.is_constant(conv.inputs[1]) || !constant_or_absent(graph, input_of(conv, 2))) return false;

  const TensorView& view = *graph.value(conv.inputs[1]).constant;
  if (!may_copy(graph, view.type.size_bytes())) return false;
  std::vector<double> bias = affine.shift;
  if (const ValueId old = input_of(conv, 2); old != kNoValue) {
    const std::vector<double> values = read_doubles(*graph.value(old).constant);
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] += values[c] * affine.scale[c];
  }
  const std::string name = graph.value(conv.inputs[1]).name;
  conv.inputs[1] = add_scaled_constant(graph, name + "_folded", conv.inputs[1], affine.scale, Factors::kOfRows);
  conv.inputs.resize(3, kNoValue);
  conv.inputs[2] =
      add_float_constant(graph, name + "_bias", view.type.dtype, Shape{static_cast<std::int64_t>(bias.size())}, bias);
  KITE_TRY(replace_node(graph, norm_id, std::move(conv)));
  graph.remove(conv_id);
  return true;
}

// y = alpha*A*B + beta*C with B [K,N] (transB: [N,K]) and C per column; beta is multiplied into C.
Result<bool> fold_into_gemm(Graph& graph, NodeId norm_id, const Affine& affine) {
  const NodeId gemm_id = producer_to_fold(graph, graph.node(norm_id), "Gemm");
  if (gemm_id == kNoNode) return false;
  Node gemm = graph.node(gemm_id);
  const ValueId old_bias = input_of(gemm, 2);
  const auto columns = static_cast<std::int64_t>(affine.scale.size());
  if (!graph.is_constant(gemm.inputs[1]) || (old_bias != kNoValue && !is_per_channel(graph, old_bias, columns, 2))) {
    return false;
  }
  const TensorView& view = *graph.value(gemm.inputs[1]).constant;
  if (!may_copy(graph, view.type.size_bytes())) return false;
  const bool transposed = gemm.attributes.get_int("transB", 0) != 0;
  std::vector<double> bias = affine.shift;
  if (old_bias != kNoValue) {
    const auto beta = static_cast<double>(gemm.attributes.get_float("beta", 1));
    const std::vector<double> values = read_doubles(*graph.value(old_bias).constant);
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] += beta * values[c] * affine.scale[c];
  }
  const std::string name = graph.value(gemm.inputs[1]).name;
  gemm.inputs[1] = add_scaled_constant(graph, name + "_folded", gemm.inputs[1], affine.scale,
                                       transposed ? Factors::kOfRows : Factors::kOfColumns);
  gemm.inputs.resize(3, kNoValue);
  gemm.inputs[2] = add_float_constant(graph, name + "_bias", view.type.dtype, Shape{columns}, bias);
  gemm.attributes.set("beta", 1.0F);
  KITE_TRY(replace_node(graph, norm_id, std::move(gemm)));
  graph.remove(gemm_id);
  return true;
}

Status split(Graph& graph, NodeId norm_id, const Affine& affine) {
  const Node& norm = graph.node(norm_id);
  const ValueId x = norm.inputs[0];
  const Shape& shape = shape_of(graph, x);
  // [C,1,1...] lines up with axis 1 of x.
  std::vector<std::int64_t> dims(static_cast<std::size_t>(shape.rank() - 1), 1);
  dims[0] = shape[1];
  KITE_TRY_ASSIGN(const Shape per_channel, Shape::make(dims));
  const std::string name = graph.value(norm.outputs[0]).name;
  const DType dtype = dtype_of(graph, x);
  const ValueId scale = add_float_constant(graph, name + "_scale", dtype, per_channel, affine.scale);
  const ValueId shift = add_float_constant(graph, name + "_shift", dtype, per_channel, affine.shift);
  KITE_TRY_ASSIGN(const ValueId product,
                  add_before(graph, norm_id, make_node("Mul", 14, {x, scale}), name + "_scaled"));
  KITE_TRY(replace_node(graph, norm_id, make_node("Add", 14, {product, shift})));
  return {};
}

}  // namespace

Result<int> fold_batch_norm(Graph& graph) {
  int folded = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!is_op(node, "BatchNormalization")) continue;
    const auto affine = affine_of(graph, node);
    if (!affine) continue;
    ++folded;
    KITE_TRY_ASSIGN(const bool in_conv, fold_into_conv(graph, id, *affine));
    if (in_conv) continue;
    KITE_TRY_ASSIGN(const bool in_gemm, fold_into_gemm(graph, id, *affine));
    if (!in_gemm) KITE_TRY(split(graph, id, *affine));
  }
  return folded;
}

}  // namespace kite
