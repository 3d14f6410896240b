// SPDX-License-Identifier: Apache-2.0
// If: where its condition is known, the branch that runs stands in its place. The other branch is not looked at. Where
// it is only known at run time, both stand there, and a choice between their results.
#include <optional>
#include <string>
#include <utility>

#include "paperkite/try.h"
#include "passes/control/resolvers.h"

namespace kite {

namespace {

Result<const Body*> branch(Sweep& sweep, NodeId id, bool condition) {
  KITE_TRY_ASSIGN(const Body* const body, sweep.body(id, condition ? "then_branch" : "else_branch"));
  if (sweep.node(id).outputs.size() == body->outputs.size()) return body;
  return sweep.invalid(id, "its branch has " + std::to_string(body->outputs.size()) + " outputs, the node " +
                               std::to_string(sweep.node(id).outputs.size()));
}

// At the first visit both branches are put before the node, at the second one their results have types.
Status choose_at_run_time(Sweep& sweep, NodeId id, ValueId condition) {
  Iterations& both = sweep.iterations(id);
  if (!both.is_running) {
    std::vector<NodeId> nodes;
    for (const bool taken : {true, false}) {
      KITE_TRY_ASSIGN(const Body* const body, branch(sweep, id, taken));
      KITE_TRY_ASSIGN(Instance instance, sweep.instantiate(id, *body, {}, taken ? "then" : "else"));
      nodes.insert(nodes.end(), instance.nodes.begin(), instance.nodes.end());
      both.collected.push_back(std::move(instance.outputs));
    }
    both.is_running = true;
    sweep.queue(nodes, id);
    return {};
  }
  const std::vector<ValueId> outputs = sweep.node(id).outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == kNoValue) continue;
    const ValueId if_true = sweep.current(both.collected[0][i]);
    const ValueId if_false = sweep.current(both.collected[1][i]);
    if (if_true == if_false) {
      sweep.settle(id, i, if_true);
    } else {
      KITE_TRY(sweep.choose(id, condition, if_true, if_false, outputs[i]));
    }
  }
  sweep.remove(id);
  sweep.queue(sweep.take_added());
  sweep.forget_iterations(id);
  return {};
}

}  // namespace

Status resolve_if(Sweep& sweep, NodeId id) {
  const ValueId condition = sweep.input(id, 0);
  if (condition == kNoValue) return sweep.invalid(id, "it has no condition");
  const std::optional<std::int64_t> known = sweep.scalar(condition);
  if (!known) return choose_at_run_time(sweep, id, condition);
  KITE_TRY_ASSIGN(const Body* const body, branch(sweep, id, *known != 0));
  const std::vector<ValueId> wanted = sweep.node(id).outputs;
  KITE_TRY_ASSIGN(Instance instance, sweep.instantiate(id, *body, {}, *known != 0 ? "then" : "else", wanted));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (instance.outputs[i] != wanted[i]) sweep.settle(id, i, instance.outputs[i]);
  }
  sweep.remove(id);
  const std::vector<NodeId> passed_on = sweep.take_added();
  instance.nodes.insert(instance.nodes.end(), passed_on.begin(), passed_on.end());
  sweep.queue(instance.nodes);
  return {};
}

}  // namespace kite
