// SPDX-License-Identifier: Apache-2.0
// Operators that are a few standard ones in a row, such as those that ONNX Runtime's optimiser writes. They have no
// implementation of their own: infer_types() puts the standard operators in their place.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/op.h"
#include "paperkite/error.h"

namespace kite {

// One node that is being replaced. Its inputs are typed, and so is every value that add() returns. The first error is
// kept: after it nothing is added, values are kNoValue, and status() says what went wrong.
class Expansion : public InferContext {
 public:
  Expansion(Graph& graph, NodeId node) : InferContext(graph, node), graph_(graph), id_(node) {}

  // Input i, kNoValue where it is left out.
  [[nodiscard]] ValueId in(int i) const;

  // A node of the standard domain in front of the one that is replaced. Returns its output.
  ValueId add(std::string_view op_type, int opset, std::vector<ValueId> inputs,
              std::initializer_list<Attribute> attributes = {});
  // The same with `count` outputs.
  std::vector<ValueId> add_many(std::string_view op_type, int opset, std::vector<ValueId> inputs, int count,
                                std::initializer_list<Attribute> attributes = {});
  // Any node; of its outputs only the number counts, one where it has none. Returns the first.
  ValueId add(Node made);
  // Output i of the replaced node is this value. Each output that is read has to be given.
  void give(int i, ValueId value);

  // Constants: numbers of the float type that `like` has, any tensor, a list of integers.
  [[nodiscard]] ValueId number(double value, ValueId like) { return numbers(std::span(&value, 1), Shape{}, like); }
  [[nodiscard]] ValueId numbers(std::span<const double> values, const Shape& shape, ValueId like);
  [[nodiscard]] ValueId add_constant(std::string_view name, Tensor tensor);
  [[nodiscard]] ValueId integers(std::span<const std::int64_t> values);
  [[nodiscard]] ValueId integers(std::initializer_list<std::int64_t> values) {
    return integers(std::span(values.begin(), values.size()));
  }

  // Common steps. Each returns `x` itself where nothing is to be done.
  [[nodiscard]] ValueId plus(ValueId x, ValueId y);  // either may be left out
  [[nodiscard]] ValueId times(ValueId x, double factor);
  [[nodiscard]] ValueId transposed(ValueId x, const std::vector<std::int64_t>& perm);
  [[nodiscard]] ValueId reshaped(ValueId x, std::initializer_list<std::int64_t> dims);

  // Of a value made here; an empty shape after an error.
  [[nodiscard]] Shape shape_of_value(ValueId id) const;

  // Whether the model's budget has so many bytes for a constant, and the error where it has not.
  [[nodiscard]] bool may_copy(std::int64_t bytes) const { return bytes <= graph_.budget().left(Limit::kConstantBytes); }
  [[nodiscard]] Error over_limit(std::string_view what) const;

  void fail(Error error);
  [[nodiscard]] bool failed() const { return !status_.ok(); }
  // Replaces the node, or says what went wrong.
  [[nodiscard]] Status finish();
  // The nodes that were added, in order.
  [[nodiscard]] const std::vector<NodeId>& added() const { return added_; }

 private:
  Graph& graph_;
  NodeId id_;
  Status status_;
  std::vector<NodeId> added_;
  std::vector<ValueId> given_;
};

// One such operator over a range of opset versions of its domain.
struct ExpandedOperator {
  std::string_view domain;
  std::string_view name;
  int first_opset;
  int last_opset;
  std::string_view limits;  // what is not supported, for the support table; empty = complete
  Status (*expand)(Expansion& node);
};

// All of them, by domain and name.
[[nodiscard]] std::span<const ExpandedOperator> expanded_operators() noexcept;

// Null when unknown.
[[nodiscard]] const ExpandedOperator* find_expanded(std::string_view domain, std::string_view name) noexcept;

// Replaces a node whose inputs are typed. Returns the nodes in its place, typed and in order.
[[nodiscard]] Result<std::vector<NodeId>> expand_node(Graph& graph, NodeId id, const ExpandedOperator& op);

}  // namespace kite
