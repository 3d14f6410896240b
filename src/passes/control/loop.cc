// SPDX-License-Identifier: Apache-2.0
// Loop and SequenceMap: a copy of the body for each iteration, as long as it is known that there is one more.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "paperkite/try.h"
#include "passes/control/resolvers.h"

namespace kite {

namespace {

// The inputs of a Loop before its carried values: how many iterations, and whether there is a first one.
constexpr std::size_t kLoopHead = 2;

// Of a loop that may end before its trip count, which a run decides, all iterations are in the plan.
constexpr std::int64_t kMostGuarded = 1024;

// Whether an output of the node is collected over the iterations.
bool collects(const Sweep& sweep, NodeId id, std::size_t carried) {
  const std::vector<ValueId>& outputs = sweep.node(id).outputs;
  return std::any_of(outputs.begin() + static_cast<std::ptrdiff_t>(std::min(carried, outputs.size())), outputs.end(),
                     [](ValueId output) { return output != kNoValue; });
}

Error only_at_run_time(const Sweep& sweep, NodeId id, const std::string& what) {
  return sweep.unsupported(id, what + " is only known at run time",
                           "export the model with a fixed number of iterations");
}

Result<std::int64_t> trip_count(const Sweep& sweep, NodeId id) {
  const ValueId count = sweep.input(id, 0);
  if (count == kNoValue) return std::numeric_limits<std::int64_t>::max();
  const auto known = sweep.scalar(count);
  if (!known) return only_at_run_time(sweep, id, "the number of iterations");
  return *known;
}

Status start_loop(Sweep& sweep, NodeId id, Iterations& loop, std::size_t collected) {
  loop.condition = sweep.input(id, 1);
  if (loop.condition == kNoValue) loop.condition = sweep.add_flag(true);
  for (std::size_t i = kLoopHead; i < own_inputs(sweep.node(id)); ++i) loop.state.push_back(sweep.input(id, i));
  loop.collected.resize(collected);
  return {};
}

// An iteration whose condition is only known at run time: the state stays as it is where the condition is false, and so
// does the condition.
Status take_guarded_results(Sweep& sweep, NodeId id, Iterations& loop) {
  const ValueId condition = loop.condition;
  std::size_t next = 1;
  for (ValueId& value : loop.state) {
    const ValueId result = sweep.current(loop.results[next++]);
    if (result == value) continue;
    const ValueId chosen = sweep.graph().add_value(sweep.node(id).name + "/state");
    KITE_TRY(sweep.choose(id, condition, result, value, chosen));
    value = chosen;
  }
  loop.condition = sweep.graph().add_value(sweep.node(id).name + "/condition");
  KITE_TRY(sweep.choose(id, condition, sweep.current(loop.results[0]), condition, loop.condition));
  loop.is_running = false;
  ++loop.done;
  sweep.queue(sweep.take_added(), id);
  return {};
}

void take_results(const Sweep& sweep, Iterations& loop) {
  loop.condition = sweep.current(loop.results[0]);
  std::size_t next = 1;
  for (ValueId& value : loop.state) value = sweep.current(loop.results[next++]);
  for (std::vector<ValueId>& values : loop.collected) values.push_back(sweep.current(loop.results[next++]));
  loop.is_running = false;
  ++loop.done;
}

// A result that is collected over no iterations: its type is known from a copy of the body that nothing reads.
Result<ValueId> empty_stack(Sweep& sweep, NodeId id, ValueId probe, std::int64_t axis) {
  const auto& type = sweep.graph().value(probe).type;
  if (!type) return sweep.unsupported(id, "it collects values that are no tensors");
  std::vector<std::int64_t> dims(type->shape.dims().begin(), type->shape.dims().end());
  if (axis < 0) axis += static_cast<std::int64_t>(dims.size()) + 1;
  if (axis < 0 || std::cmp_greater(axis, dims.size())) return sweep.invalid(id, "an output axis outside the result");
  dims.insert(dims.begin() + axis, 0);
  auto shape = Shape::make(dims);
  if (!shape.ok()) return std::move(shape).error().in(sweep.graph().describe(id));
  return sweep.graph().add_constant("empty", Tensor(type->dtype, *shape));
}

Status finish_loop(Sweep& sweep, NodeId id, const Iterations& loop) {
  const std::vector<ValueId> outputs = sweep.node(id).outputs;
  for (std::size_t i = 0; i < loop.state.size(); ++i) sweep.settle(id, i, loop.state[i]);
  for (std::size_t k = 0; k < loop.collected.size(); ++k) {
    const std::size_t i = loop.state.size() + k;
    if (i >= outputs.size() || outputs[i] == kNoValue) continue;
    if (loop.is_probe) {
      KITE_TRY_ASSIGN(const ValueId empty, empty_stack(sweep, id, sweep.current(loop.results[1 + i]), 0));
      sweep.settle(id, i, empty);
    } else {
      KITE_TRY(sweep.charge(id, loop.collected[k].size(), true));
      sweep.stack(id, loop.collected[k], 0, outputs[i]);
    }
  }
  sweep.remove(id);
  sweep.queue(sweep.take_added());
  sweep.forget_iterations(id);
  return {};
}

}  // namespace

Status resolve_loop(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(const Body* const body, sweep.body(id, "body"));
  const std::size_t inputs = own_inputs(sweep.node(id));
  const std::size_t carried = inputs < kLoopHead ? 0 : inputs - kLoopHead;
  if (body->outputs.size() < 1 + carried || sweep.node(id).outputs.size() + 1 > body->outputs.size()) {
    return sweep.invalid(id, "its graph has " + std::to_string(body->outputs.size()) +
                                 " outputs, which do not fit those of the node and its carried values");
  }
  const bool is_new = !sweep.has_iterations(id);
  Iterations& loop = sweep.iterations(id);
  if (is_new) KITE_TRY(start_loop(sweep, id, loop, body->outputs.size() - 1 - carried));
  if (loop.is_probe) return finish_loop(sweep, id, loop);
  if (loop.is_running && loop.is_guarded) return take_guarded_results(sweep, id, loop);
  if (loop.is_running) take_results(sweep, loop);

  KITE_TRY_ASSIGN(const std::int64_t most, trip_count(sweep, id));
  const auto goes_on = sweep.scalar(loop.condition);
  if (!goes_on && most > kMostGuarded) return only_at_run_time(sweep, id, "its condition");
  if (!goes_on && collects(sweep, id, carried)) return only_at_run_time(sweep, id, "how many results it collects");
  loop.is_guarded = !goes_on;
  const bool is_over = loop.done >= most || goes_on.value_or(1) == 0;
  loop.is_probe = is_over && loop.done == 0 && !loop.collected.empty();
  if (is_over && !loop.is_probe) return finish_loop(sweep, id, loop);

  std::vector<ValueId> values = {sweep.add_number(loop.done), loop.condition};
  values.insert(values.end(), loop.state.begin(), loop.state.end());
  KITE_TRY_ASSIGN(Instance instance, sweep.instantiate(id, *body, values, std::to_string(loop.done)));
  loop.results = std::move(instance.outputs);
  loop.is_running = true;
  sweep.queue(instance.nodes, id);
  return {};
}

Status resolve_sequence_map(Sweep& sweep, NodeId id) {
  KITE_TRY_ASSIGN(const Body* const body, sweep.body(id, "body"));
  const std::vector<ValueId>* const first = sweep.sequence(sweep.input(id, 0));
  if (first == nullptr) return sweep.invalid(id, "input 0 is no sequence");
  const std::vector<ValueId> outputs = sweep.node(id).outputs;
  if (outputs.size() > body->outputs.size()) return sweep.invalid(id, "its graph has fewer outputs than the node");
  Iterations& map = sweep.iterations(id);
  map.collected.resize(body->outputs.size());
  if (map.is_running) {
    for (std::size_t k = 0; k < map.results.size(); ++k) map.collected[k].push_back(sweep.current(map.results[k]));
    ++map.done;
  }
  if (std::cmp_equal(map.done, first->size())) {
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (outputs[k] != kNoValue) sweep.set_sequence(outputs[k], std::move(map.collected[k]));
    }
    sweep.remove(id);
    sweep.forget_iterations(id);
    return {};
  }
  std::vector<ValueId> values;
  for (std::size_t i = 0; i < own_inputs(sweep.node(id)); ++i) {
    const ValueId input = sweep.input(id, i);
    const std::vector<ValueId>* const elements = sweep.sequence(input);
    if (elements != nullptr && elements->size() != first->size()) {
      return sweep.invalid(id, "its sequences have " + std::to_string(first->size()) + " and " +
                                   std::to_string(elements->size()) + " elements");
    }
    values.push_back(elements == nullptr ? input : sweep.current((*elements)[static_cast<std::size_t>(map.done)]));
  }
  KITE_TRY_ASSIGN(Instance instance, sweep.instantiate(id, *body, values, std::to_string(map.done)));
  map.results = std::move(instance.outputs);
  map.is_running = true;
  sweep.queue(instance.nodes, id);
  return {};
}

}  // namespace kite
