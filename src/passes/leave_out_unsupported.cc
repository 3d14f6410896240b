// SPDX-License-Identifier: Apache-2.0
// Leaves out unsupported nodes that no remaining output needs. At least one output must remain.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.h"
#include "graph/unreadable.h"
#include "passes/match.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

Error unknown_operator(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const std::string name = node.domain.empty() ? node.op_type : node.domain + '.' + node.op_type;
  return {ErrorCode::kUnsupportedModel, "operator " + name + " is not supported", graph.describe(id), {}};
}

// Operators whose results are no tensors, and so no outputs of a model.
constexpr std::array<std::string_view, 7> kNoTensors = {"Optional",       "SequenceConstruct", "SequenceEmpty",
                                                        "SequenceErase",  "SequenceInsert",    "SequenceMap",
                                                        "SplitToSequence"};

Error not_a_tensor(const Graph& graph, NodeId id) {
  return {ErrorCode::kUnsupportedModel, "it is a sequence or an optional, not a tensor", graph.describe(id), {}};
}

bool makes_no_tensor(const Node& node) {
  return node.domain.empty() && std::ranges::find(kNoTensors, node.op_type) != kNoTensors.end();
}

// For each value the node that keeps it from being computed; kNoNode where nothing does.
std::vector<NodeId> find_obstacles(const Graph& graph) {
  std::vector<NodeId> obstacles(graph.value_count(), kNoNode);
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    NodeId obstacle = is_known(node) ? kNoNode : id;
    for (const ValueId input : node.inputs) {
      if (input != kNoValue && obstacles[static_cast<std::size_t>(input)] != kNoNode) {
        obstacle = obstacles[static_cast<std::size_t>(input)];
      }
    }
    for (const ValueId output : node.outputs) {
      if (output != kNoValue) obstacles[static_cast<std::size_t>(output)] = obstacle;
    }
  }
  return obstacles;
}

template <typename T>
void erase_at(std::vector<T>& list, std::size_t i) {
  if (!list.empty()) list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
}

}  // namespace

std::vector<std::string> leave_out_unsupported(Graph& graph) {
  remove_dead_nodes(graph);
  const std::vector<NodeId> obstacles = find_obstacles(graph);
  const auto obstacle_of = [&](ValueId output) {
    const NodeId producer = graph.value(output).producer;
    if (producer != kNoNode && makes_no_tensor(graph.node(producer))) return producer;
    return obstacles[static_cast<std::size_t>(output)];
  };
  std::vector<std::string> warnings;
  if (std::ranges::none_of(graph.outputs, [&](ValueId output) { return obstacle_of(output) == kNoNode; })) return {};
  for (std::size_t i = graph.outputs.size(); i-- > 0;) {
    const NodeId obstacle = obstacle_of(graph.outputs[i]);
    if (obstacle == kNoNode) continue;
    const Error why = makes_no_tensor(graph.node(obstacle)) && is_known(graph.node(obstacle))
                          ? not_a_tensor(graph, obstacle)
                          : unreadable_error(graph.node(obstacle)).value_or(unknown_operator(graph, obstacle));
    warnings.insert(warnings.begin(),
                    "output " + in_quotes(graph.output_name(i)) + " is left out: " + why.what + "; " + why.where);
    erase_at(graph.output_names, i);
    erase_at(graph.output_dims, i);
    erase_at(graph.output_dtypes, i);
    erase_at(graph.outputs, i);
  }
  remove_dead_nodes(graph);
  return warnings;
}

}  // namespace kite
