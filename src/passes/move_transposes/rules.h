// SPDX-License-Identifier: Apache-2.0
// One rule for each kind of operator that may change places with the Transposes before it: op(Transpose(x)) becomes
// Transpose(op'(x)), where op' has its axes renamed.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"
#include "passes/move_transposes/permutation.h"

namespace kite {

// Each rewrites the node and returns true, or returns false and does not change the graph.
using MoveRule = Result<bool> (*)(Graph& graph, NodeId id);

[[nodiscard]] Result<bool> move_through_elementwise(Graph& graph, NodeId id);       // elementwise.cc
[[nodiscard]] Result<bool> move_through_concat(Graph& graph, NodeId id);            // elementwise.cc
[[nodiscard]] Result<bool> move_through_quantised_concat(Graph& graph, NodeId id);  // elementwise.cc
[[nodiscard]] Result<bool> move_through_quantize(Graph& graph, NodeId id);          // elementwise.cc: of one scale
[[nodiscard]] Result<bool> move_through_dynamic_quantize(Graph& graph, NodeId id);  // elementwise.cc
[[nodiscard]] Result<bool> move_through_reduction(Graph& graph, NodeId id);         // along_axes.cc
[[nodiscard]] Result<bool> move_through_softmax(Graph& graph, NodeId id);           // along_axes.cc
[[nodiscard]] Result<bool> move_through_last_axis(Graph& graph, NodeId id);         // along_axes.cc: norm, Linear
[[nodiscard]] Result<bool> move_through_pad(Graph& graph, NodeId id);               // selection.cc
[[nodiscard]] Result<bool> move_through_resize(Graph& graph, NodeId id);            // selection.cc
[[nodiscard]] Result<bool> move_through_slice(Graph& graph, NodeId id);             // selection.cc
[[nodiscard]] Result<bool> move_through_gather(Graph& graph, NodeId id);            // selection.cc
[[nodiscard]] Result<bool> move_through_reshape(Graph& graph, NodeId id);           // reshape.cc
[[nodiscard]] Result<bool> merge_transposes(Graph& graph, NodeId id);               // move_transposes.cc

// Places `node`, which computes in the layout of its transposed inputs, before `old` and gives old's output to
// Transpose(node, perm), or to `node` itself when perm is the identity.
[[nodiscard]] Result<bool> replace_transposed(Graph& graph, NodeId old, Node node, const Perm& perm);

}  // namespace kite
