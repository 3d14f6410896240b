// SPDX-License-Identifier: Apache-2.0
// The graph invariants, one function each.
#include "graph/verify.h"

#include <string>
#include <unordered_set>
#include <utility>

#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Error broken(std::string what, std::string where) {
  return Error{ErrorCode::kInvalidModel, std::move(what), std::move(where), {}};
}

bool in_range(const Graph& graph, ValueId id) { return id >= 0 && static_cast<std::size_t>(id) < graph.value_count(); }

Status check_names(const Graph& graph) {
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    const std::string& name = graph.value(static_cast<ValueId>(i)).name;
    if (!names.insert(name).second) return broken("two values share one name", "value " + in_quotes(name));
  }
  if (!graph.output_names.empty() && graph.output_names.size() != graph.outputs.size()) {
    return broken("output_names and outputs differ in length", {});
  }
  if (!graph.output_dtypes.empty() && graph.output_dtypes.size() != graph.outputs.size()) {
    return broken("output_dtypes and outputs differ in length", {});
  }
  names.clear();
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    if (!graph.output_names.empty() && !names.insert(graph.output_name(i)).second) {
      return broken("two outputs share one name", "output " + in_quotes(graph.output_name(i)));
    }
  }
  return {};
}

// Marks the values that exist before the first node runs.
Status mark_sources(const Graph& graph, std::vector<bool>& available) {
  for (const GraphInput& input : graph.inputs) {
    if (!in_range(graph, input.value)) return broken("a graph input names no value", {});
    if (available[static_cast<std::size_t>(input.value)]) {
      return broken("a value is a graph input twice", "value " + in_quotes(graph.value(input.value).name));
    }
    available[static_cast<std::size_t>(input.value)] = true;
  }
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    const Value& value = graph.value(static_cast<ValueId>(i));
    if (value.constant) available[i] = true;
  }
  return {};
}

Status check_node(const Graph& graph, NodeId id, std::vector<bool>& available) {
  const Node& node = graph.node(id);
  for (const ValueId input : node.inputs) {
    if (input == kNoValue) continue;
    if (!in_range(graph, input)) return broken("an input names no value", graph.describe(id));
    if (available[static_cast<std::size_t>(input)]) continue;
    const std::string name = in_quotes(graph.value(input).name);
    return broken(graph.value(input).producer == kNoNode ? "reads " + name + ", which no node makes"
                                                         : "reads " + name + " before it is made",
                  graph.describe(id));
  }
  for (const ValueId output : node.outputs) {
    if (output == kNoValue) continue;
    if (!in_range(graph, output)) return broken("an output names no value", graph.describe(id));
    const std::string name = in_quotes(graph.value(output).name);
    if (available[static_cast<std::size_t>(output)]) {
      return broken("makes " + name + ", which is already a graph input, a constant or made by another node",
                    graph.describe(id));
    }
    if (graph.value(output).producer != id) {
      return broken("is not recorded as the producer of " + name, graph.describe(id));
    }
    available[static_cast<std::size_t>(output)] = true;
  }
  return {};
}

// Every node that reads a value must be among its consumers; only code that changes Node::inputs directly, not through
// Graph, breaks this.
Status check_uses(const Graph& graph, const std::vector<NodeId>& order) {
  std::vector<std::size_t> readers(graph.value_count());
  std::vector<NodeId> last_reader(graph.value_count(), kNoNode);
  for (const NodeId id : order) {
    for (const ValueId input : graph.node(id).inputs) {
      if (input == kNoValue || last_reader[static_cast<std::size_t>(input)] == id) continue;
      last_reader[static_cast<std::size_t>(input)] = id;
      ++readers[static_cast<std::size_t>(input)];
    }
  }
  for (std::size_t i = 0; i < readers.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    if (graph.consumers(id).size() != readers[i]) {
      return broken("a node reads it without being in its use list: change inputs only through Graph::set_input",
                    "value " + in_quotes(graph.value(id).name));
    }
  }
  return {};
}

}  // namespace

Status verify(const Graph& graph) {
  KITE_TRY(check_names(graph));
  std::vector<bool> available(graph.value_count());
  KITE_TRY(mark_sources(graph, available));
  const std::vector<NodeId> order = graph.order();
  for (const NodeId id : order) KITE_TRY(check_node(graph, id, available));
  for (const ValueId output : graph.outputs) {
    if (!in_range(graph, output)) return broken("a graph output names no value", {});
    if (!available[static_cast<std::size_t>(output)]) {
      return broken("no node makes this graph output", "value " + in_quotes(graph.value(output).name));
    }
  }
  return check_uses(graph, order);
}

}  // namespace kite
