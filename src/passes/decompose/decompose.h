// SPDX-License-Identifier: Apache-2.0
// Operators that a few others with kernels compute as well: how each is written with them. decompose.cc has the table.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

// Each returns whether it replaced the node; false where its form has no such equivalent.
[[nodiscard]] Result<bool> decompose_attention(Graph& graph, NodeId id);
[[nodiscard]] Result<bool> decompose_conv(Graph& graph, NodeId id);
[[nodiscard]] Result<bool> decompose_conv_transpose(Graph& graph, NodeId id);
[[nodiscard]] Result<bool> decompose_einsum(Graph& graph, NodeId id);
[[nodiscard]] Result<bool> decompose_recurrent(Graph& graph, NodeId id);
[[nodiscard]] Result<bool> decompose_scatter(Graph& graph, NodeId id);

// The nodes that stand for one node, placed before it. Their values take their names from its first output.
class Substitution {
 public:
  Substitution(Graph& graph, NodeId id) : graph_(graph), id_(id) {}

  [[nodiscard]] Result<ValueId> add(std::string_view op_type, int opset, std::vector<ValueId> inputs);
  [[nodiscard]] Result<ValueId> add(Node node);
  // Nothing is added where nothing moves; a constant is changed at once.
  [[nodiscard]] Result<ValueId> reshape(ValueId source, std::span<const std::int64_t> dims);
  [[nodiscard]] Result<ValueId> transpose(ValueId source, const std::vector<int>& perm);
  // A scalar of the type of `like`.
  [[nodiscard]] ValueId number(double value, ValueId like);
  // `result` takes the place of the node's first output; the node goes.
  [[nodiscard]] Status finish(ValueId result);

 private:
  [[nodiscard]] std::string name() const;

  Graph& graph_;
  NodeId id_;
};

}  // namespace kite
