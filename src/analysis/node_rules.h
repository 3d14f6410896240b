// SPDX-License-Identifier: Apache-2.0
// What kind of numbers one node computes from its inputs: the rules behind follow_numbers(), grouped as
// in the .cc files.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "analysis/numbers.h"

namespace kite {

// One node, and what is known about its inputs.
class NodeView {
 public:
  NodeView(const Graph& graph, NodeId id, const std::vector<Numbers>& numbers)
      : graph_(graph), id_(id), node_(graph.node(id)), numbers_(numbers) {}

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] std::string_view op() const { return node_.op_type; }
  [[nodiscard]] int opset() const { return node_.opset; }
  [[nodiscard]] std::size_t input_count() const { return node_.inputs.size(); }
  [[nodiscard]] bool has(std::size_t i) const { return i < node_.inputs.size() && node_.inputs[i] != kNoValue; }
  [[nodiscard]] ValueId input(std::size_t i) const { return has(i) ? node_.inputs[i] : kNoValue; }
  [[nodiscard]] const Numbers& in(std::size_t i) const { return numbers_[static_cast<std::size_t>(input(i))]; }
  [[nodiscard]] bool is_constant(std::size_t i) const { return has(i) && graph_.is_constant(node_.inputs[i]); }
  [[nodiscard]] const Shape& shape(std::size_t i) const { return graph_.value(input(i)).type->shape; }
  [[nodiscard]] const TensorType& result() const { return *graph_.value(node_.outputs.front()).type; }
  [[nodiscard]] std::int64_t int_attribute(std::string_view name, std::int64_t fallback) const {
    return node_.attributes.get_int(name, fallback);
  }
  // A constant input of integers; nullopt when the input is left out or is no such constant.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> ints(std::size_t i) const;
  // The axes that a node names by attribute or by input `i`, none of them negative; nullopt when they are not known.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> axes(std::size_t i) const;

  // The same range, but the numbers lose their meaning at this node. `reason` is a literal.
  [[nodiscard]] Numbers unclear(std::string_view reason, Interval range = {}) const;

 private:
  const Graph& graph_;
  NodeId id_;
  const Node& node_;
  const std::vector<Numbers>& numbers_;
};

// Numbers of no particular meaning.
[[nodiscard]] Numbers real(Interval range = {});
// Each number is between 0 and 1, independently of the others.
[[nodiscard]] Numbers unit();
[[nodiscard]] Numbers distribution(Layout layout, double total = 1);

// rules_elementwise.cc: one input, element by element.
[[nodiscard]] Numbers scaled(const NodeView& node, const Numbers& x, Interval factor);   // x * constant
[[nodiscard]] Numbers shifted(const NodeView& node, const Numbers& x, Interval offset);  // x + constant
[[nodiscard]] Numbers limited(const NodeView& node, const Numbers& x, Interval limits);  // the nearest within limits
[[nodiscard]] Numbers cast_of(const NodeView& node);
[[nodiscard]] Numbers unary(const NodeView& node);

// rules_binary.cc: two inputs and more, element by element.
[[nodiscard]] Numbers added(const NodeView& node, const Numbers& a, const Numbers& b);
[[nodiscard]] Numbers binary(const NodeView& node);
[[nodiscard]] Numbers variadic(const NodeView& node);  // Sum, Mean, Max, Min
[[nodiscard]] Numbers where(const NodeView& node);

// rules_softmax.cc: operators that normalise, and the same written as several nodes.
[[nodiscard]] Numbers normalised(const NodeView& node);  // Softmax, LogSoftmax, Hardmax
// a / b, a * b, a - b as the last step of a softmax or a sigmoid; nullopt when it is not such a step.
[[nodiscard]] std::optional<Numbers> spelled_out(const NodeView& node);

// rules_movement.cc: elements are moved, and some are left out.
[[nodiscard]] Numbers same_order(const NodeView& node);
[[nodiscard]] Numbers transposed(const NodeView& node);
[[nodiscard]] Numbers selected(const NodeView& node, ValueId output);  // Slice, Gather, Split
[[nodiscard]] Numbers concatenated(const NodeView& node);
[[nodiscard]] Numbers padded(const NodeView& node);

// rules_reduce.cc: along an axis.
[[nodiscard]] Numbers reduced(const NodeView& node);
[[nodiscard]] Numbers pooled(const NodeView& node);
[[nodiscard]] Numbers index_of_best(const NodeView& node);           // ArgMax, ArgMin
[[nodiscard]] Numbers best(const NodeView& node, bool are_indices);  // TopK
[[nodiscard]] Numbers one_hot(const NodeView& node);
[[nodiscard]] Numbers mixed(const NodeView& node);  // MatMul, Gemm: distributions over other classes

}  // namespace kite
