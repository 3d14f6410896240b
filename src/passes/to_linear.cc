// SPDX-License-Identifier: Apache-2.0
// Turns Gemm and MatMul with a constant matrix into the internal Linear. The matrix is not copied.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

struct Matrix {
  ValueId value = kNoValue;
  bool transposed = false;  // [N,K] instead of [K,N]
};

// A constant matrix, or the Transpose of one, which Linear reads in its original order.
std::optional<Matrix> constant_matrix(const Graph& graph, ValueId id) {
  Matrix matrix{id, false};
  if (const NodeId transpose = producer_of(graph, id, "Transpose"); transpose != kNoNode) {
    if (permutation(graph, graph.node(transpose)) != std::vector<int>{1, 0}) return std::nullopt;
    matrix = {graph.node(transpose).inputs[0], true};
  }
  if (!graph.is_constant(matrix.value) || shape_of(graph, matrix.value).rank() != 2) return std::nullopt;
  return matrix;
}

Node make_linear(ValueId x, const Matrix& matrix, ValueId bias) {
  Node node = make_internal("Linear", {x, matrix.value});
  if (bias != kNoValue) node.inputs.push_back(bias);
  node.attributes.set("transposed", std::int64_t{matrix.transposed ? 1 : 0});
  return node;
}

// `id` times `factor`, as a constant of `count` elements; one element is repeated.
ValueId scaled_constant(Graph& graph, ValueId id, double factor, const Shape& shape) {
  if (factor == 1 && shape_of(graph, id).elements() == shape.elements()) return constant_as(graph, id, shape);
  std::vector<double> values = read_doubles(*graph.value(id).constant);
  for (double& value : values) value *= factor;
  values.resize(static_cast<std::size_t>(shape.elements()), values.empty() ? 0.0 : values.front());
  return add_float_constant(graph, graph.value(id).name + "_scaled", dtype_of(graph, id), shape, values);
}

// C of a Gemm as a bias for each column; without C there is no bias.
struct Bias {
  ValueId value = kNoValue;
  bool possible = true;
};
Bias bias_of(Graph& graph, const Node& gemm, std::int64_t columns) {
  const ValueId c = input_of(gemm, 2);
  const auto beta = static_cast<double>(gemm.attributes.get_float("beta", 1));
  if (c == kNoValue || beta == 0) return {};
  const bool is_scalar = graph.is_constant(c) && shape_of(graph, c).elements() == 1;
  if (!is_scalar && !is_per_channel(graph, c, columns, 2)) return {kNoValue, false};
  // A matrix without rows may have any number of columns.
  if (is_scalar && !may_copy(graph, columns * static_cast<std::int64_t>(sizeof(double)))) return {kNoValue, false};
  return {scaled_constant(graph, c, beta, Shape{columns}), true};
}

// y = alpha * A * B + beta * C
Result<bool> rewrite_gemm(Graph& graph, NodeId id) {
  const Node& gemm = graph.node(id);
  auto matrix = constant_matrix(graph, gemm.inputs[1]);
  if (!matrix || gemm.attributes.get_int("transA", 0) != 0 || graph.is_constant(gemm.inputs[0])) return false;
  if (gemm.attributes.get_int("transB", 0) != 0) matrix->transposed = !matrix->transposed;
  const auto alpha = static_cast<double>(gemm.attributes.get_float("alpha", 1));
  const std::int64_t columns = shape_of(graph, gemm.outputs[0])[1];
  const Bias bias = bias_of(graph, gemm, columns);
  // A C that is not a bias stays an addition of its own, which needs beta = 1.
  if (!bias.possible && gemm.attributes.get_float("beta", 1) != 1.0F) return false;

  if (alpha != 1 && !may_copy(graph, graph.value(matrix->value).type->size_bytes())) return false;
  const Shape matrix_shape = shape_of(graph, matrix->value);
  matrix->value = scaled_constant(graph, matrix->value, alpha, matrix_shape);
  Node linear = make_linear(gemm.inputs[0], *matrix, bias.value);
  if (bias.possible) {
    KITE_TRY(replace_node(graph, id, std::move(linear)));
    return true;
  }
  const std::string name = graph.value(gemm.outputs[0]).name;
  KITE_TRY_ASSIGN(const ValueId product, add_before(graph, id, std::move(linear), name + "_product"));
  KITE_TRY(replace_node(graph, id, make_node("Add", 14, {product, graph.node(id).inputs[2]})));
  return true;
}

// The Add that is the only reader of `product` and adds a bias.
NodeId bias_add(const Graph& graph, ValueId product, std::int64_t columns, ValueId& bias) {
  const NodeId reader = sole_reader(graph, product);
  if (reader == kNoNode || !is_op(graph.node(reader), "Add")) return kNoNode;
  bias = other_input(graph.node(reader), product);
  return bias != kNoValue && is_per_channel(graph, bias, columns, shape_of(graph, product).rank()) ? reader : kNoNode;
}

Result<bool> rewrite_matmul(Graph& graph, NodeId id) {
  const Node& product = graph.node(id);
  const auto matrix = constant_matrix(graph, product.inputs[1]);
  if (!matrix || graph.is_constant(product.inputs[0]) || shape_of(graph, product.inputs[0]).rank() < 2) return false;
  const Shape& y = shape_of(graph, product.outputs[0]);
  const std::int64_t columns = y[y.rank() - 1];
  ValueId bias = kNoValue;
  const NodeId add = bias_add(graph, product.outputs[0], columns, bias);
  if (add == kNoNode) {
    KITE_TRY(replace_node(graph, id, make_linear(product.inputs[0], *matrix, kNoValue)));
    return true;
  }
  Node linear = make_linear(product.inputs[0], *matrix, constant_as(graph, bias, Shape{columns}));
  linear.name = product.name;
  KITE_TRY(replace_node(graph, add, std::move(linear)));
  graph.remove(id);
  return true;
}

}  // namespace

Result<int> to_linear(Graph& graph) {
  int changed = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    bool done = false;
    if (node.removed || node.inputs.empty() || node.inputs[0] == kNoValue ||
        !is_float(dtype_of(graph, node.inputs[0]))) {
      continue;
    }
    if (is_op(node, "Gemm")) {
      KITE_TRY_ASSIGN(done, rewrite_gemm(graph, id));
    } else if (is_op(node, "MatMul")) {
      KITE_TRY_ASSIGN(done, rewrite_matmul(graph, id));
    }
    changed += done ? 1 : 0;
  }
  if (changed != 0) remove_dead_nodes(graph);
  return changed;
}

}  // namespace kite
