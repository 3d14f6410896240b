// SPDX-License-Identifier: Apache-2.0
// Infers the type of every value in one forward sweep. Shape arithmetic is computed on the way, so that
// later shapes are concrete.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "graph/unreadable.h"
#include "ops/evaluate.h"
#include "ops/op.h"
#include "paperkite/try.h"
#include "passes/expand/expansion.h"
#include "passes/fold.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace kite {

namespace {

// Shape arithmetic works on few numbers. This limit covers the index tables that exporters build for a Gather
// (ConvNeXt's as_strided: one int64 for each of 768 channels and picture), and is far below the size of any weight.
constexpr std::int64_t kShapeArithmeticBytes = std::int64_t{1} << 20;
// Floating-point detours of shape arithmetic (sqrt of a dimension, a scale factor) are scalars or short lists. Longer
// ones are weights: the pass that folds constants decides about those.
constexpr std::int64_t kFloatArithmeticElements = 64;

std::string operator_name(const Node& node) {
  return in_quotes(node.domain.empty() ? node.op_type : node.domain + "." + node.op_type);
}

// All operators that this build does not have, in one message: a user who converts a model needs the whole list.
Status check_operators(const Graph& graph) {
  struct Unknown {
    int count = 0;
    NodeId first = kNoNode;
  };
  std::map<std::string, Unknown> unknown;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (is_known(node)) continue;
    if (auto error = unreadable_error(node)) return std::move(*error);
    const Operator* op = find_operator(node.domain, node.op_type);
    std::string name = operator_name(node);
    if (op != nullptr) {
      name += " of opset " + std::to_string(node.opset) + " (known: " + std::to_string(op->first_opset) + " to " +
              std::to_string(op->last_opset) + ")";
    }
    Unknown& entry = unknown[std::move(name)];
    if (entry.count++ == 0) entry.first = id;
  }
  if (unknown.empty()) return {};

  std::string list;
  for (const auto& [name, entry] : unknown) {
    if (!list.empty()) list += ", ";
    list += name + " (" + std::to_string(entry.count) + (entry.count == 1 ? " node" : " nodes, first") + ": " +
            graph.describe(entry.first) + ")";
  }
  return Error{ErrorCode::kUnsupportedModel,
               "the model needs operators that paperkite does not have: " + list,
               {},
               "kite inspect --ops lists the supported operators"};
}

// Constants and shape arithmetic are computed here; arithmetic on weights is left to the pass that folds constants.
bool is_shape_arithmetic(const Graph& graph, const Node& node) {
  if (is_op(node, "Constant")) return true;
  return std::ranges::all_of(node.outputs, [&](ValueId id) {
    if (id == kNoValue) return true;
    const TensorType& type = *graph.value(id).type;
    return !is_float(type.dtype) || type.shape.elements() <= kFloatArithmeticElements;
  });
}

Status fold_shape_arithmetic(Graph& graph, NodeId id) {
  if (!is_shape_arithmetic(graph, graph.node(id))) return {};
  KITE_TRY(fold_node(graph, id, kShapeArithmeticBytes));
  return {};
}

}  // namespace

Status infer_types(Graph& graph) {
  KITE_TRY(check_operators(graph));
  for (const NodeId id : graph.order()) {
    if (const ExpandedOperator* op = find_expanded(graph.node(id).domain, graph.node(id).op_type)) {
      KITE_TRY_ASSIGN(const std::vector<NodeId> added, expand_node(graph, id, *op));
      for (const NodeId node : added) KITE_TRY(fold_shape_arithmetic(graph, node));
      continue;
    }
    KITE_TRY(infer_node(graph, id));
    KITE_TRY(fold_shape_arithmetic(graph, id));
  }
  return {};
}

}  // namespace kite
