// SPDX-License-Identifier: Apache-2.0
// Queries of a graph for passes: which node makes a value, which nodes read it, whether it is a given constant.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace kite {

[[nodiscard]] bool is_op(const Node& node, std::string_view op_type, std::string_view domain = {});

// Whether this build has the operator, in the node's opset.
[[nodiscard]] bool is_known(const Node& node);

// The node that makes `id` when it is this operator; kNoNode otherwise.
[[nodiscard]] NodeId producer_of(const Graph& graph, ValueId id, std::string_view op_type,
                                 std::string_view domain = {});

// The only reader of `id`; kNoNode when it is read twice (by one node, too) or is a graph output.
[[nodiscard]] NodeId sole_reader(const Graph& graph, ValueId id);

[[nodiscard]] bool is_graph_input(const Graph& graph, ValueId id);
[[nodiscard]] const Shape& shape_of(const Graph& graph, ValueId id);
[[nodiscard]] DType dtype_of(const Graph& graph, ValueId id);
[[nodiscard]] bool is_float(DType dtype);

// Input i of a node, kNoValue when the node has fewer or leaves it out.
[[nodiscard]] ValueId input_of(const Node& node, std::size_t i);

// An optional input that a pass may rewrite: left out, or a constant.
[[nodiscard]] bool constant_or_absent(const Graph& graph, ValueId id);

// Of the two inputs of a binary node the one that is not `id`; kNoValue when neither or both are.
[[nodiscard]] ValueId other_input(const Node& node, ValueId id);

// The element of a floating-point constant of one element, of any rank.
[[nodiscard]] std::optional<double> scalar_constant(const Graph& graph, ValueId id);

// The elements of an int32 or int64 constant.
[[nodiscard]] std::optional<std::vector<std::int64_t>> int_constant(const Graph& graph, ValueId id);

// A value that is x times a constant: Mul by a scalar on either side, or Div by a scalar. It has the type of x.
struct Scaled {
  ValueId x = kNoValue;
  double factor = 1;
};
[[nodiscard]] std::optional<Scaled> as_scaled(const Graph& graph, ValueId id);

// The products that follow a value: by constants, by `x`, by `x` times a constant. One entry for each product in the
// chain, as long as each value between two products has no other reader and the type stays the same.
struct ProductStep {
  NodeId node = kNoNode;  // its output is start * factor (* x when has_x)
  double factor = 1;
  bool has_x = false;
};
[[nodiscard]] std::vector<ProductStep> follow_products(const Graph& graph, ValueId start, ValueId x);

// Equal up to the rounding of a constant to float32, in which exporters write sqrt(2), 1/6 and the like.
[[nodiscard]] bool nearly(double a, double b);

// True when `id` is a constant of `channels` elements, all along its last axis, and its rank is at most `rank`: a sum
// or product with a value [..., channels] of that rank keeps the value's shape.
[[nodiscard]] bool is_per_channel(const Graph& graph, ValueId id, std::int64_t channels, int rank);

}  // namespace kite
