// SPDX-License-Identifier: Apache-2.0
// Drops nodes whose output is their unchanged input.
#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

bool all_ints(const Graph& graph, ValueId id, std::int64_t expected) {
  const auto values = int_constant(graph, id);
  return values && std::ranges::all_of(*values, [&](std::int64_t value) { return value == expected; });
}

// Dropout drops elements only in training mode, which input 2 selects since opset 12.
bool is_inference_dropout(const Graph& graph, const Node& node) {
  if (node.outputs.size() > 1 && node.outputs[1] != kNoValue && graph.use_count(node.outputs[1]) != 0) return false;
  const ValueId training = input_of(node, 2);
  if (training == kNoValue) return true;
  return graph.is_constant(training) && graph.value(training).constant->bytes().front() == std::byte{0};
}

// A transpose that keeps the order of all dimensions greater than 1 moves no element.
bool keeps_order(const Graph& graph, const Node& node) {
  const Shape& shape = shape_of(graph, node.inputs.front());
  const auto perm = node.attributes.get_ints("perm");
  if (perm.empty()) return shape.rank() <= 1;
  std::int64_t last = -1;
  for (const std::int64_t axis : perm) {
    if (shape[static_cast<int>(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

// With equal types, a slice is the whole unless it runs backwards, a pad unless it also crops.
bool is_whole_slice(const Graph& graph, const Node& node) {
  return input_of(node, 4) == kNoValue || all_ints(graph, node.inputs[4], 1);
}

bool is_empty_pad(const Graph& graph, const Node& node) {
  if (node.opset >= 11) return all_ints(graph, input_of(node, 1), 0);
  return std::ranges::all_of(node.attributes.get_ints("pads"), [](std::int64_t pad) { return pad == 0; });
}

bool changes_nothing(const Graph& graph, const Node& node) {
  if (!node.domain.empty() || node.inputs.empty() || node.outputs.empty() || node.outputs[0] == kNoValue) return false;
  if (is_op(node, "Identity")) return true;
  if (is_op(node, "Dropout")) return is_inference_dropout(graph, node);
  if (graph.value(node.inputs[0]).type != graph.value(node.outputs[0]).type) return false;
  // From here on input 0 and output 0 have one type.
  for (const char* op_type : {"Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand"}) {
    if (is_op(node, op_type)) return true;
  }
  if (is_op(node, "Concat")) return node.inputs.size() == 1;
  if (is_op(node, "Transpose")) return keeps_order(graph, node);
  if (is_op(node, "Slice")) return is_whole_slice(graph, node);
  return is_op(node, "Pad") && is_empty_pad(graph, node);
}

}  // namespace

Result<int> drop_identity(Graph& graph) {
  int dropped = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (changes_nothing(graph, node) && bypass(graph, id, node.inputs.front())) ++dropped;
  }
  return dropped;
}

}  // namespace kite
