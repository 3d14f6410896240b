// SPDX-License-Identifier: Apache-2.0
// Groups refused nodes by their reasons, and infers types around them.
#include "passes/refusals.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/unreadable.h"
#include "ops/op.h"
#include "passes/control/sweep.h"
#include "passes/expand/expansion.h"
#include "passes/match.h"

namespace kite {

namespace {

// Adds nodes to the refusal that has their reason, or as a new one.
class Groups {
 public:
  explicit Groups(Refusals& into) : into_(into) {}

  void add(const std::string& reason, Refusal refusal) {
    if (const auto known = places_.find(reason); known != places_.end()) {
      ++into_.list[known->second].count;
    } else if (into_.list.size() >= kMostReasons) {
      ++into_.unlisted;
    } else {
      places_.emplace(reason, into_.list.size());
      into_.list.push_back(std::move(refusal));
    }
  }

 private:
  Refusals& into_;
  std::map<std::string, std::size_t> places_;  // in the list, by reason
};

Refusal unknown_operator(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  Refusal refusal{.kind = Refusal::Kind::kOperator,
                  .error = {ErrorCode::kUnsupportedModel, "there is no such operator", graph.describe(id), {}},
                  .domain = node.domain,
                  .op_type = node.op_type,
                  .opset = node.opset};
  const auto state_opsets = [&](const auto* op) {
    if (op == nullptr) return;
    refusal.first_opset = op->first_opset;
    refusal.last_opset = op->last_opset;
    refusal.error.what =
        "the operator is known for opset " + std::to_string(op->first_opset) + " to " + std::to_string(op->last_opset);
  };
  state_opsets(find_operator(node.domain, node.op_type));
  state_opsets(find_expanded(node.domain, node.op_type));
  return refusal;
}

Refusal refused_node(const Graph& graph, NodeId id, Error error) {
  const Node& node = graph.node(id);
  return {.kind = Refusal::Kind::kNode,
          .error = std::move(error),
          .domain = node.domain,
          .op_type = node.op_type,
          .opset = node.opset};
}

}  // namespace

Refusals find_unknown(const Graph& graph) {
  Refusals refusals;
  Groups groups(refusals);
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (is_known(node)) continue;
    if (auto error = unreadable_error(node)) {
      groups.add("type " + error->what, {.kind = Refusal::Kind::kType, .error = std::move(*error)});
    } else {
      groups.add(node.domain + '.' + node.op_type, unknown_operator(graph, id));
    }
  }
  return refusals;
}

Refusals find_refusals(Graph& graph) {
  Refusals nodes;
  Groups groups(nodes);
  const std::int64_t unreached = Sweep(graph).run_past_refusals([&](NodeId id, Error error) {
    const Node& node = graph.node(id);
    const std::string reason = node.domain + '.' + node.op_type + ' ' + error.what;
    groups.add(reason, refused_node(graph, id, std::move(error)));
  });
  // Behind the sweep, since it removes the branches that do not run.
  Refusals refusals = find_unknown(graph);
  refusals.unreached = unreached;
  refusals.unlisted += nodes.unlisted;
  for (Refusal& refusal : nodes.list) {
    if (refusals.list.size() < kMostReasons) {
      refusals.list.push_back(std::move(refusal));
    } else {
      refusals.unlisted += refusal.count;
    }
  }
  return refusals;
}

}  // namespace kite
